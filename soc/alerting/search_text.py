"""Search text: what is stored and what is asked fold the same way, so that "dang nhap" finds "đăng nhập"."""

import unicodedata


def fold(text: str) -> str:
    """Lower case, đ to d, marks stripped (NFD), one blank between words."""
    lowered = " ".join(text.lower().replace("đ", "d").split())
    return "".join(char for char in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(char))
