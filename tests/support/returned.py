"""A small sheet as a student returns it, with the answers that stand on it."""

from __future__ import annotations

__all__ = ["ROWS", "SHEET"]

SHEET = """# A sheet

Work out the numbers below, and write 4.567e-5 for small ones.

| | |
|---|---|
| code | 01234-56789 |
| numbers asked | 5 |

| x | x[1] | x[2] |
|---|--:|--:|
|  | 0.05 | 0.10 |

| b1 | unit 1 |
|---|--:|
|  | 0.35 |

### 1. Weighted sums

$z_ {1} = w_ {1} \\cdot x_ {1}$

| cell | formula | answer |
|:--|:--|--:|
| `z1[1]` | $z_ {1}$ | 0.3775 |
| `z1[2]` | $z_ {2}$ | 0.1*0.2 = 0.02 |

```math
z1[1] = 5
```

| cell | formula | value |
|:--|:--|--:|
| `a1[1]` | $a_ {1}$ | 0.5933 |

| cell | answer |
|:--|--:|
| `W1'[1,2]` | 0.2 |
| `L` |  |
| `norm(dL/dW1)` | 4.567e-5 |

```python
L = 0.5
b1 = 1
```
"""
ROWS = {"z1[1]": "0.3775", "z1[2]": "0.1*0.2 = 0.02", "W1'[1,2]": "0.2", "L": "", "norm(dL/dW1)": "4.567e-5"}
"""The text of each answer, by the name of its cell."""
