"""One case's log as a proof for somebody else: with it, a checkpoint, and the way from the one to the other.

The document needs nothing of Redress to be checked: `docs/check_proof.py` is a script of one page that does it.
"""

from typing import Any

from persistence.checkpoint_file import KeptCheckpoint
from persistence.checkpoints import leaf
from persistence.log import FORM
from persistence.merkle import Tree
from persistence.unit import Unit
from states.errors import WrongWords
from workflow.views import require_case


def proof_of(unit: Unit, reference: str, checkpoint: KeptCheckpoint) -> dict[str, Any]:
    """The proof that this case's log is in the checkpoint.

    `log` has for each entry what its hash covers, and `hashes` the hashes; `place` is the case's among the leaves of
    the tree, `entries` how many its log had at the checkpoint, and `path` the hashes beside the way to the root. With
    `key`, the key of this case alone, its reference is proved and its sealed texts can be read; null once it is erased.

    Raises NoSuchCase, or WrongWords where the case is not in the checkpoint.
    """
    case = require_case(unit, reference)
    place, entries = _place(case.token, checkpoint, reference)
    tree = Tree(prove=place)
    for token, seq, head in checkpoint.leaves():
        tree.add(leaf(token, seq, head))
    log = unit.stored_entries(case)
    return {
        "form": 1,
        "reference": case.reference,
        "key": unit.key(case),
        "log": [[FORM, *entry.hashed()] for entry in log],
        "hashes": [entry.hash for entry in log],
        "entries": entries,
        "place": place,
        "path": [beside.hex() for beside in tree.path],
        "checkpoint": dict(checkpoint.header),
    }


def _place(token: str, checkpoint: KeptCheckpoint, reference: str) -> tuple[int, int]:
    for place, (named, seq, _) in enumerate(checkpoint.leaves()):
        if named == token:
            return place, seq
    raise WrongWords(f"The checkpoint does not have {reference}, which was opened after it: make a new one.")
