"""The triage console: JSON API first, server-rendered pages, a stream of news. One route table, deny by default."""
