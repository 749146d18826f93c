"""``python -m backproptable``"""

from backproptable.cli import run

if __name__ == "__main__":
    run()
