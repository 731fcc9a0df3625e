"""Check a proof of `redress audit prove`, without Redress: python check_proof.py PROOF.json [PUBLIC_KEY]

The entries of one case's log are as they were written, without a gap (a chain of SHA-256); the case stands in the
checkpoint with so many of them (a Merkle tree as in RFC 6962); the checkpoint is signed (give the PUBLIC_KEY as you
have it from elsewhere).
"""

import hashlib
import hmac
import json
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content):
    return hashlib.sha256(content).digest()


def require(holds, what):
    if not holds:
        sys.exit(f"NOT PROVED: {what}")


def root_from(leaf, place, size, path):
    """RFC 9162, 2.1.3.2."""
    node, last, root = place, size - 1, sha256(b"\x00" + leaf)
    for beside in map(bytes.fromhex, path):
        require(last > 0, "the path is too long")
        if node & 1 or node == last:
            root = sha256(b"\x01" + beside + root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = sha256(b"\x01" + root + beside)
        node, last = node >> 1, last >> 1
    require(last == 0, "the path is too short")
    return root


def check(proof, trusted):
    """What is proved, as a sentence; `trusted` is the public key, None where none was given."""
    log, hashes, header = proof["log"], proof["hashes"], proof["checkpoint"]
    token, previous = log[0][1], "0" * 64
    require(len(log) == len(hashes) >= proof["entries"] > 0, "the log is shorter than the checkpoint has it")
    for number, (entry, said) in enumerate(zip(log, hashes, strict=True), 1):
        require(entry[1] == token and entry[2] == number, f"entry {number} is not this case's")
        require(entry[15] == previous, f"entry {number} does not follow the one before it")
        require(sha256(canonical(entry)).hex() == said, f"entry {number} is not as it was written")
        previous = said
    if proof["key"] is not None:
        named = hmac.digest(bytes.fromhex(proof["key"]), b"reference:" + proof["reference"].encode(), "sha256").hex()
        require(named == token, "the log is of another case")
    case = proof["reference"]
    if proof["key"] is None and case != token:
        case = f"{token} (erased: its reference cannot be proved)"
    leaf = canonical([token, proof["entries"], hashes[proof["entries"] - 1]])
    root = root_from(leaf, proof["place"], header["cases"], proof["path"])
    require(root.hex() == header["root"], "the case is not in the checkpoint")
    require(trusted in (None, header["key"]), "the checkpoint is signed with another key")
    signed = canonical({name: value for name, value in header.items() if name != "signature"})
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(header["key"]))
    try:
        public.verify(bytes.fromhex(header["signature"]), signed)
    except InvalidSignature:
        sys.exit("NOT PROVED: the checkpoint is not as it was signed")
    return f"Proved: {proof['entries']} of {len(log)} entries of {case}, by checkpoint {header['number']}."


if not 2 <= len(sys.argv) <= 3:
    print("Name the proof: python check_proof.py PROOF.json [PUBLIC_KEY]", file=sys.stderr)
    sys.exit(2)
try:
    proof = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(check(proof, sys.argv[2] if len(sys.argv) == 3 else None))
except OSError as away:
    print(f"{sys.argv[1]} cannot be read: {away.strerror}.", file=sys.stderr)
    sys.exit(2)
except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
    print(f"{sys.argv[1]} is no proof as `redress audit prove` writes one.", file=sys.stderr)
    sys.exit(2)
