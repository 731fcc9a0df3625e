"""A Merkle tree as in RFC 6962: one hash over a list, and short proofs that a thing is in it.

A leaf and a node are hashed behind different bytes, so that no node can be passed off as a leaf. The tree is built in
one pass and keeps one hash for each of its complete parts, some twenty for a million leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

# The root of a tree without leaves, as RFC 6962 has it.
EMPTY = sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two parts, the earlier one left."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Tree:
    """Leaves in their order, added one by one. `prove` is the place of a leaf, from 0, whose path is wanted."""

    prove: int | None = None
    size: int = 0
    _parts: list[bytes] = field(default_factory=list)  # the complete parts, the largest first
    _path: list[bytes] = field(default_factory=list)
    _proved: int | None = None  # the place among the parts of the one that holds the leaf

    def add(self, content: bytes) -> None:
        """Put a leaf behind the others."""
        parts = self._parts
        parts.append(leaf_hash(content))
        if self.size == self.prove:
            self._proved = len(parts) - 1
        self.size += 1
        # Two parts of one size become one, as often as the new number of leaves is even.
        pairs = (self.size & -self.size).bit_length() - 1
        for _ in range(pairs):
            right, left = parts.pop(), parts.pop()
            self._join(left, right, len(parts))
            parts.append(node_hash(left, right))

    def _join(self, left: bytes, right: bytes, place: int) -> None:
        if self._proved is not None and self._proved >= place:
            self._path.append(left if self._proved > place else right)
            self._proved = place

    @property
    def root(self) -> bytes:
        """The hash of all the leaves so far."""
        if not self._parts:
            return EMPTY
        root = self._parts[-1]
        for part in reversed(self._parts[:-1]):
            root = node_hash(part, root)
        return root

    @property
    def path(self) -> list[bytes]:
        """The hashes beside the way from the leaf that is proved to the root, the lowest first.

        Raises LookupError where no leaf stands in that place.
        """
        if self._proved is None:
            raise LookupError(self.prove)
        behind = self._parts[self._proved + 1 :]
        path = [*self._path]
        if behind:
            root = behind[-1]
            for part in reversed(behind[:-1]):
                root = node_hash(part, root)
            path.append(root)
        return path + self._parts[: self._proved][::-1]


def root_from(content: bytes, place: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root to which a path leads from a leaf in its place, of so many (RFC 9162, 2.1.3.2).

    Raises ValueError for a path that no leaf in that place can have.
    """
    if not 0 <= place < size:
        raise ValueError(f"there is no leaf {place} among {size}")
    node, last = place, size - 1
    root = leaf_hash(content)
    for beside in path:
        if last == 0:
            raise ValueError("the path is too long")
        if node & 1 or node == last:
            root = node_hash(beside, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, beside)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ValueError("the path is too short")
    return root
