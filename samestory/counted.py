"""Numbers of things, for people."""


def counted(number: int, name: str) -> str:
    """Return how many of what, e.g. `1 story`, `1,200 stories`.

    Args:
        number: of them.
        name: of one of them, in English.
    """
    if number == 1:
        return f"1 {name}"
    if name.endswith("y") and name[-2] not in "aeiou":
        return f"{number:,} {name[:-1]}ies"
    return f"{number:,} {name}s"
