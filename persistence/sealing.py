"""What is sealed in the log: a case's reference, its notes and the references among its facts, with a key of its own.

The log cannot be changed, so what must be erased one day is never written there in plain. It names a case by a token
that only the case's key ties to the reference, and holds notes and references as ciphertext. The hashes cover what is
stored. So erasing the key erases the text in every copy of the log, and the chain still verifies.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from persistence.instants import damaged
from persistence.log import Entry, canonical
from states.facts import PRIVATE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEALED = "sealed:"
# The trigger of the last entry of a case whose key was erased.
ERASED_BY = "erase"
# What stands in the place of a note that was erased.
ERASED_NOTE = "(erased)"
_ERASED_REFERENCE = re.compile(r"erased-[0-9]+")
_NONCE = 12


def new_key() -> str:
    """A key for one case, as it is stored."""
    return secrets.token_hex(32)


def token_of(key: str, reference: str) -> str:
    """The name under which the log knows a case: without the key, nobody can tell of which reference it is."""
    return hmac.digest(bytes.fromhex(key), b"reference:" + reference.encode(), "sha256").hex()


def erased_reference(case_id: int) -> str:
    """What a case is called once its reference was erased."""
    return f"erased-{case_id}"


def is_erased_reference(reference: str) -> bool:
    """Whether only an erased case is called so; no case is opened under such a name."""
    return _ERASED_REFERENCE.fullmatch(reference) is not None


def is_private(note: str | None, facts: Iterable[str]) -> bool:
    """Whether an entry with this note, and facts of these names, says something that must be sealed."""
    return note is not None or not PRIVATE.isdisjoint(facts)


def sealed(entry: Entry, key: str) -> Entry:
    """An entry that bears its case's token, with its private texts sealed; its hash is not set yet."""
    facts = {
        name: seal(key, entry.case, entry.seq, name, text) if name in PRIVATE and text is not None else text
        for name, text in entry.facts_set().items()
    }
    note = None if entry.note is None else seal(key, entry.case, entry.seq, "note", entry.note)
    return entry._replace(note=note, facts=canonical(facts))


def opened(entry: Entry, reference: str, key: str | None) -> Entry:
    """A stored entry as a person reads it: its case by the reference, what was sealed in plain.

    Without the key, what was sealed was erased: a note says so, a fact is left out. Raises RecordNotIntact where
    the key is not the case's.
    """
    if SEALED not in entry.facts and not (entry.note or "").startswith(SEALED):
        return entry._replace(case=reference)
    facts = opened_facts(entry.facts_set(), entry, key)
    note = entry.note
    if note is not None and note.startswith(SEALED):
        note = unseal(key, entry.case, entry.seq, "note", note) if key is not None else ERASED_NOTE
    return entry._replace(case=reference, note=note, facts=canonical(facts))


def opened_facts(facts: Mapping[str, str | None], entry: Entry, key: str | None) -> dict[str, str | None]:
    """The facts of a stored entry in plain; without the key, those that were sealed are left out."""
    plain: dict[str, str | None] = {}
    for name, text in facts.items():
        if text is None or not text.startswith(SEALED):
            plain[name] = text
        elif key is not None:
            plain[name] = unseal(key, entry.case, entry.seq, name, text)
    return plain


def seal(key: str, token: str, seq: int, name: str, text: str) -> str:
    """A text of an entry as ciphertext (AES-256-GCM), bound to its place so that it can't be moved to another.

    Raises RecordNotIntact for a key that is none.
    """
    nonce = secrets.token_bytes(_NONCE)
    ciphertext = _cipher(key).encrypt(nonce, text.encode(), _place(token, seq, name))
    return SEALED + base64.b64encode(nonce + ciphertext).decode()


def unseal(key: str, token: str, seq: int, name: str, text: str) -> str:
    """What was sealed. Raises RecordNotIntact where it was sealed with another key, for another place, or altered."""
    from cryptography.exceptions import InvalidTag

    try:
        sealed = base64.b64decode(text.removeprefix(SEALED), validate=True)
        plain: bytes = _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(token, seq, name))
        return plain.decode()
    except (InvalidTag, ValueError) as other:
        raise damaged(f"the {name} of entry {seq} was not sealed with this case's key") from other


def _cipher(key: str) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        secret = bytes.fromhex(key)
    except ValueError as other:
        raise damaged("the key of a case is none") from other
    return AESGCM(hmac.digest(secret, b"texts", "sha256"))


def _place(token: str, seq: int, name: str) -> bytes:
    return f"{token}|{seq}|{name}".encode()
