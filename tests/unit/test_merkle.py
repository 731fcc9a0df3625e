"""The Merkle tree: the values that certificate transparency publishes, and RFC 6962's own definition, word for word."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.merkle import EMPTY, Tree, root_from

# The leaves and roots of certificate-transparency's own tests (merkletree/merkle_tree_test.cc).
LEAVES = tuple(
    map(
        bytes.fromhex,
        (
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
        ),
    )
)  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# Some of its inclusion proofs: the place, the size, and the path. The first is of a tree of one leaf.
PATHS = (
    (0, 1, ()),
    (
        0,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        5,
        8,
        (
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
    (2, 3, ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",)),
    (
        1,
        5,
        (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
)
some_leaves = st.lists(st.binary(max_size=8), max_size=70)


def tree_of(leaves: "tuple[bytes, ...] | list[bytes]", prove: int | None = None) -> Tree:
    tree = Tree(prove)
    for leaf in leaves:
        tree.add(leaf)
    return tree


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def defined_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*defined_path(m, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(m - k, leaves[k:]), defined_root(leaves[:k])]


def largest_power_below(n: int) -> int:
    return next(2**power for power in range(n.bit_length(), -1, -1) if 2**power < n)


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots(size: int) -> None:
    assert tree_of(LEAVES[:size]).root.hex() == ROOTS[size - 1]


def test_the_root_of_no_leaves() -> None:
    assert Tree().root == EMPTY == sha256(b"").digest()


@pytest.mark.parametrize(("place", "size", "path"), PATHS)
def test_the_published_paths(place: int, size: int, path: tuple[str, ...]) -> None:
    assert [each.hex() for each in tree_of(LEAVES[:size], place).path] == list(path)
    assert root_from(LEAVES[place], place, size, [bytes.fromhex(each) for each in path]).hex() == ROOTS[size - 1]


@given(some_leaves)
def test_the_root_is_as_defined(leaves: list[bytes]) -> None:
    assert tree_of(leaves).root == defined_root(leaves)


@given(some_leaves.filter(bool), st.data())
def test_a_path_is_as_defined_and_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    path = tree_of(leaves, place).path
    assert path == defined_path(place, leaves)
    assert root_from(leaves[place], place, len(leaves), path) == defined_root(leaves)


@given(some_leaves.filter(bool), st.data())
def test_no_other_leaf_place_or_path_leads_there(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    tree = tree_of(leaves, place)
    root, path = tree.root, tree.path
    assert root_from(leaves[place] + b"x", place, len(leaves), path) != root
    for wrong in ([*path, root], path[:-1] if path else [root]):
        with pytest.raises(ValueError, match="the path is too"):
            root_from(leaves[place], place, len(leaves), wrong)
    for at in range(len(path)):
        changed = [*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]]
        assert root_from(leaves[place], place, len(leaves), changed) != root


@pytest.mark.parametrize(("place", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_that_is_none_is_refused(place: int, size: int) -> None:
    with pytest.raises(ValueError, match="there is no leaf"):
        root_from(b"x", place, size, [])


def test_a_tree_keeps_no_more_than_its_complete_parts() -> None:
    tree = tree_of([str(number).encode() for number in range(10_000)], 4_321)
    assert len(tree._parts) == (10_000).bit_count()
    assert len(tree.path) == 14
