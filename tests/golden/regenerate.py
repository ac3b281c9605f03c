"""Write the golden nights anew: ``make golden``. Look at the diff before you commit it."""

from tests.golden.nights import HERE, NIGHTS, text

if __name__ == "__main__":
    for name in NIGHTS:
        (HERE / f"{name}.txt").write_text(text(name))
        print(f"tests/golden/{name}.txt written")
