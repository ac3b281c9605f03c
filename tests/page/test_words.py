import string

from monitor.page.words import choose, load

LANGUAGES = load()


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_has_the_same_sentences_with_the_same_placeholders():
    english = LANGUAGES["en"].texts
    for words in LANGUAGES.values():
        assert words.texts.keys() == english.keys(), words.language
        for key, text in words.texts.items():
            assert placeholders(text) == placeholders(english[key]), (words.language, key)


def test_the_browser_chooses():
    for accepted, code in (
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en;q=0.8, de;q=0.9", "de"),
        ("fr, en", "en"),
        ("fr", "en"),
        ("", "en"),
        ("de;q=0", "en"),
        ("*;q=nonsense,,,;;q=", "en"),
    ):
        assert choose(LANGUAGES, accepted).language == code, accepted
