"""A self-signed certificate for `make demo HTTPS=1`: phones open their camera only over https."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.core import clock

LIFE = timedelta(days=365)
SPARE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pair:
    """Where the certificate and its key are."""

    certificate: Path
    key: Path


def ensure(folder: Path, hosts: Sequence[str]) -> Pair:
    """The pair in `folder`, made anew when there is none, when it ends soon, or when this machine has other addresses."""
    pair = Pair(folder / "demo-certificate.pem", folder / "demo-key.pem")
    if not _still_good(pair, hosts):
        _make(pair, hosts)
    return pair


def _still_good(pair: Pair, hosts: Sequence[str]) -> bool:
    if not (pair.certificate.is_file() and pair.key.is_file()):
        return False
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names) == set(_names(hosts)) and certificate.not_valid_after_utc > clock.now() + SPARE


def _names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    return [x509.IPAddress(ip_address(host)) if host[:1].isdigit() else x509.DNSName(host) for host in dict.fromkeys(hosts)]


def _make(pair: Pair, hosts: Sequence[str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cultural Pearls demo on this machine")])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    with os.fdopen(os.open(pair.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    pair.certificate.write_bytes(certificate.public_bytes(pem))
