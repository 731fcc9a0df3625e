"""The council's signing key: Ed25519, kept in a file that its owner alone can read, made on first use."""

import os
import secrets
from pathlib import Path

from persistence.files import FOR_ITS_OWNER, sync_folder, write_new


class SigningKey:
    """A private key of Ed25519, by its file."""

    def __init__(self, file: Path) -> None:
        """Read the key, or make it where there is none. Raises OSError, or ValueError for a file that is none."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization as as_
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            made = Ed25519PrivateKey.generate().private_bytes(
                as_.Encoding.PEM, as_.PrivateFormat.PKCS8, as_.NoEncryption()
            )
            _write_whole(file, made)
        try:
            key = as_.load_pem_private_key(file.read_bytes(), password=None)
        except (TypeError, UnsupportedAlgorithm) as other:
            raise ValueError(str(other)) from other
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("it is a key of another kind")
        self._key = key

    @property
    def public(self) -> str:
        """The public key, 64 hexadecimal digits: who knows it can check what was signed."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> str:
        """The signature of a content, in hexadecimal."""
        return self._key.sign(content).hex()


def _write_whole(file: Path, content: bytes) -> None:
    """Whole or not at all, and to be read by its owner alone; of two that make it at once, the first one's stays."""
    # Two containers that share a folder may have the same process number.
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    write_new(beside, content, FOR_ITS_OWNER)
    try:
        os.link(beside, file)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    sync_folder(file.parent)


def is_signed(public: str, signature: str, content: bytes) -> bool:
    """Whether the holder of this public key has signed the content."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True
