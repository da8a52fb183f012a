"""Names and numbers of a text, by which a question finds it."""

import pytest

from samestory.index.search.names import names_in, words_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Flight MH17 fell near Torez.", {"flight", "mh17", "torez"}),
        ("its F-35 jets", {"f-35", "f", "35"}),
        ("Israeli-Velund talks", {"israeli-velund", "israeli", "velund"}),
        ("the \u00c9lys\u00e9e, G\u00f6ring\u2019s aide", {"elysee", "goring"}),
        ("iPhone maker", {"iphone"}),
        ("Переговоры в Киеве", {"переговоры", "киеве"}),
        ("محادثات سرية", {"محادثات", "سرية"}),
        ("马克龙访问北京。", {"马克龙访问北京"}),
        (
            "\ufdfa \u00bd",
            {
                "\u0635\u0644\u0649\u0627\u0644\u0644\u0647\u0639\u0644\u064a\u0647\u0648\u0633\u0644\u0645",
                "12",
            },
        ),
        ("nothing of the kind", set()),
        ("", set()),
    ],
)
def test_what_is_written_large_or_with_figures_names_something(text, expected):
    """In scripts without capitals every word may."""
    assert names_in(text) == expected


def test_a_question_of_small_letters_is_all_its_words():
    """As people type a name."""
    assert words_in("lina marovic's f-35") == {"lina", "marovic", "f-35"}
