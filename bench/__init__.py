"""What Redress costs, always beside something else on the same machine in the same minute: `python -m bench`.

A time alone says more about the machine than about the program, so every figure is a ratio within one run.
"""
