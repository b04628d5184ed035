"""The only importer of aiokafka: connection settings, starting with patience, and the repair of OffsetFetch."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from soc import logs
from soc.config import secret
from soc.errors import ConfigurationError, Forbidden, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from soc.config import Kafka

__all__ = [
    "AIOKafkaAdminClient", "AIOKafkaConsumer", "AIOKafkaProducer", "CommitFailedError", "ConfigResource",
    "ConfigResourceType", "ConsumerRebalanceListener", "IllegalStateError", "KafkaError", "NewTopic",
    "NoOffsetForPartitionError", "OffsetAndMetadata", "OffsetOutOfRangeError", "TopicAlreadyExistsError",
    "TopicAuthorizationFailedError", "TopicPartition", "connection", "for_code", "open_admin", "open_consumer",
    "open_producer", "require_topics", "said_no", "settled", "stopped",
]  # fmt: skip
log = logs.get(__name__)

BATCH_BYTES = 131_072
SHORTEST_SESSION = 6_000
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_STOP_SECONDS = 10.0
_OFFSET_FETCH = 9
_COORDINATOR_MOVED = (15, 16)


def connection(kafka: Kafka) -> dict[str, Any]:
    """What every client is given.

    Raises:
        ConfigurationError: a file cannot be read, or a setting contradicts another.
    """
    if kafka.session_timeout_ms < SHORTEST_SESSION:
        raise ConfigurationError(f"kafka.session_timeout_ms: brokers refuse less than {SHORTEST_SESSION}")
    tls = bool(kafka.tls_ca_file or kafka.tls_cert_file)
    settings: dict[str, Any] = {
        "bootstrap_servers": kafka.brokers,
        "security_protocol": ("SASL_" if kafka.sasl_mechanism else "") + ("SSL" if tls else "PLAINTEXT"),
        # A request must outlive a rebalance, or joining a group never ends.
        "request_timeout_ms": kafka.session_timeout_ms + 10_000,
    }
    if tls:
        settings["ssl_context"] = _tls(kafka)
    if kafka.sasl_mechanism:
        if not (kafka.sasl_username and kafka.sasl_password_file):
            raise ConfigurationError("kafka.sasl_mechanism needs kafka.sasl_username and kafka.sasl_password_file")
        settings["sasl_mechanism"] = kafka.sasl_mechanism
        settings["sasl_plain_username"] = kafka.sasl_username
        settings["sasl_plain_password"] = secret(kafka.sasl_password_file)
    return settings


def _tls(kafka: Kafka) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=kafka.tls_ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if kafka.tls_cert_file:
            context.load_cert_chain(kafka.tls_cert_file, kafka.tls_key_file or None)
    except OSError as error:  # ssl.SSLError is one
        named = kafka.tls_ca_file or kafka.tls_cert_file
        raise ConfigurationError(
            f"kafka: TLS files cannot be used ({error}); see {named}, kafka.tls_cert_file and kafka.tls_key_file"
        ) from None
    return context


async def settled(make: Callable[[], Any], brokers: str) -> Any:
    """A started client. Without a broker, aiokafka gives up at once; a service waits as long as it takes."""
    wait = _FIRST_WAIT
    while True:
        try:
            return await _started(make(), brokers)
        except Unavailable as error:
            log.warning("waiting for Kafka", brokers=brokers, error=str(error))
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


async def _started(client: Any, brokers: str) -> Any:
    """Raises Unavailable without leaving anything open."""
    try:
        await client.start()
    except (KafkaError, OSError) as error:
        await stopped(client)
        raise Unavailable(f"no Kafka broker of {brokers} can be reached: {error}; see SOC_KAFKA_BROKERS") from None
    except BaseException:
        await stopped(client)
        raise
    return client


async def stopped(client: Any) -> None:
    """Stop a client; a broker that is gone must not keep us, nor leave connections open."""
    closing = asyncio.ensure_future(client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop())
    await asyncio.wait({closing}, timeout=_STOP_SECONDS)
    if closing.done() and not closing.cancelled() and not closing.exception():
        return
    closing.cancel()  # aiokafka's own stop() ends cancelled when a broker went away during a fetch
    log.warning("a Kafka client did not stop in order")
    inner = client.client if isinstance(client, AIOKafkaProducer) else client._client  # noqa: SLF001
    await inner.close()


async def open_producer(kafka: Kafka, *, patient: bool = True) -> AIOKafkaProducer:
    def make() -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **connection(kafka),
            acks="all",
            compression_type="lz4",
            linger_ms=10,
            max_batch_size=BATCH_BYTES,
        )

    return await settled(make, kafka.brokers) if patient else await _started(make(), kafka.brokers)


async def open_admin(kafka: Kafka, *, patient: bool = False) -> AIOKafkaAdminClient:
    def make() -> AIOKafkaAdminClient:
        return AIOKafkaAdminClient(**connection(kafka))

    return await settled(make, kafka.brokers) if patient else await _started(make(), kafka.brokers)


async def open_consumer(
    kafka: Kafka, group: str | None, *, instance: str | None = None, patient: bool = True
) -> AIOKafkaConsumer:
    """A consumer that has not subscribed yet, so that nothing was fetched before the repair is in place."""
    session = kafka.session_timeout_ms

    def make() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **connection(kafka),
            group_id=group,
            group_instance_id=instance,
            auto_offset_reset="none",
            enable_auto_commit=False,
            session_timeout_ms=session,
            heartbeat_interval_ms=session // 6,
            rebalance_timeout_ms=session,
            fetch_max_wait_ms=300,
        )

    consumer = await settled(make, kafka.brokers) if patient else await _started(make(), kafka.brokers)
    if group is not None:
        _repair(consumer._coordinator)  # noqa: SLF001 (there is no other way to see the response)
    return consumer


def _repair(coordinator: Any) -> None:
    """Raise the request-level error of OffsetFetch.

    aiokafka 0.14 looks at the errors of partitions only. While a coordinator loads, there are none, and the answer
    reads as "nothing was ever committed".
    """
    send = coordinator._send_req  # noqa: SLF001

    async def checked(request: Any) -> Any:
        response = await send(request)
        code = getattr(response, "error_code", 0) if response.API_KEY == _OFFSET_FETCH else 0
        if code:
            if code in _COORDINATOR_MOVED:
                coordinator.coordinator_dead()
            raise for_code(code)("OffsetFetch")
        return response

    coordinator._send_req = checked  # noqa: SLF001


async def require_topics(kafka: Kafka, topics: Iterable[str], *, patient: bool = True) -> None:
    """Refuse to go on without them: naming a missing topic to a broker can create it with the wrong settings.

    Raises:
        ConfigurationError: some are missing.
    """
    admin = await open_admin(kafka, patient=patient)
    try:
        there = await admin.list_topics()
    except KafkaError as error:
        raise said_no(error, "the list of topics") from error
    finally:
        await stopped(admin)
    missing: Sequence[str] = sorted(set(topics) - set(there))
    if missing:
        raise ConfigurationError(f"Kafka {kafka.brokers} has no topic {', '.join(missing)}; run `soc setup` first")


def said_no(error: BaseException, what: str) -> Unavailable | Forbidden:
    """A broker's error as ours."""
    if "AuthorizationFailed" in type(error).__name__:
        return Forbidden(f"Kafka refused {what}: {error!r}; grant this user the privilege (docs: Kafka privileges)")
    return Unavailable(f"Kafka did not give or take {what}: {error!r}")
