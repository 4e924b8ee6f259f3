#!/usr/bin/env python3
"""Writes UnicodeTables.swift: what Hugging Face's fast BERT tokenizer does with every code point.

The oracle is the `tokenizers` package itself, asked about all 0x110000 code points, because it mixes
several Unicode versions (categories, decompositions and lower case come from three Rust crates) and no
single version of the Unicode database describes it. Python's `unicodedata` is only compared with it.

    pip install tokenizers==0.23.3 && python generate.py > UnicodeTables.swift
"""
import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

CASED = normalizers.BertNormalizer(lowercase=False)
UNCASED = normalizers.BertNormalizer(lowercase=True)
LOWERED = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
STRIPPED = normalizers.BertNormalizer(lowercase=False, strip_accents=True)
NFD = normalizers.NFD()
SPLIT = pre_tokenizers.BertPreTokenizer()

NAMES = ["letter", "removed", "space", "punctuation", "ideograph", "droppedStarter", "droppedMark",
         "mapped", "mark", "hangul", "mappedIdeograph", "mappedPunctuation"]
LETTER, REMOVED, SPACE, PUNCTUATION, IDEOGRAPH, DROPPED_STARTER, DROPPED_MARK, MAPPED, MARK, HANGUL, \
    MAPPED_IDEOGRAPH, MAPPED_PUNCTUATION = range(12)


def code_points():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def references():
    """One code point for each canonical combining class other than 0, by rising class."""
    highest, found = "\u0345", {240: "\u0345"}
    for c in code_points():
        mark, value = chr(c), unicodedata.combining(chr(c))
        # A mark younger than Hugging Face's table does not sort there and would match everything.
        if value and NFD.normalize_str("a" + highest + mark) == "a" + mark + highest:
            found.setdefault(value, mark)
    return sorted(found.items())


REFERENCES = references()


def combining_class(s):
    """The class by which Hugging Face's NFD sorts `s`, found by putting it beside marks of known class."""
    highest, last = REFERENCES[-1]
    if NFD.normalize_str("a" + last + s) == "a" + last + s and unicodedata.combining(s) != highest:
        return 0
    for value, reference in REFERENCES:
        before, after = "a" + reference + s, "a" + s + reference
        if NFD.normalize_str(before) == before and NFD.normalize_str(after) == after:
            return value
    raise SystemExit(f"U+{ord(s):04X}: no known combining class fits")


def classify(c):
    """Class and, for mapped ones, the code points that replace `c` in the uncased form."""
    s = chr(c)
    cased = CASED.normalize_str("a" + s + "b")
    if cased == "ab":
        return REMOVED, None
    if cased == "a b":
        return SPACE, None
    ideograph = cased == "a " + s + " b"
    if not ideograph and cased != "a" + s + "b":
        raise SystemExit(f"U+{c:04X}: cased form {cased!r}")
    punctuation = not ideograph and len(SPLIT.pre_tokenize_str(cased)) == 3
    uncased = UNCASED.normalize_str("a" + s + "b")
    uncased = uncased[2:-2] if ideograph else uncased[1:-1]
    if ideograph:
        return (IDEOGRAPH, None) if uncased == s else (MAPPED_IDEOGRAPH, uncased)
    if punctuation:
        return (PUNCTUATION, None) if uncased == s else (MAPPED_PUNCTUATION, uncased)
    if uncased == s:
        return (MARK if NFD.normalize_str(s) == s and combining_class(s) else LETTER), None
    if uncased == "":
        # Any starter in it ends the run of marks that NFD sorts; dropped marks do not.
        starter = any(combining_class(p) == 0 for p in NFD.normalize_str(s))
        return (DROPPED_STARTER if starter else DROPPED_MARK), None
    if 0xAC00 <= c < 0xAC00 + 11172:
        n = c - 0xAC00
        jamo = [0x1100 + n // 588, 0x1161 + n % 588 // 28] + ([0x11A7 + n % 28] if n % 28 else [])
        if [ord(x) for x in uncased] == jamo:
            return HANGUL, None
    return MAPPED, uncased


def replacements(form, classes):
    """What replaces the code points that `form` changes but does not remove."""
    found = {}
    for c in code_points():
        if classes[c] in (REMOVED, SPACE, DROPPED_STARTER, DROPPED_MARK, HANGUL):
            continue
        text = form.normalize_str("a" + chr(c) + "b")
        text = text[2:-2] if classes[c] in (IDEOGRAPH, MAPPED_IDEOGRAPH) else text[1:-1]
        if text != chr(c):
            found[c] = text
    return found


def check_forms(classes, mappings, lowered, stripped):
    """What `CharacterTable` derives the other forms from."""
    lower = lambda text: "".join(lowered.get(ord(x), x) for x in text)
    composed = {c: lower(stripped.get(c, chr(c))) for c in lowered.keys() | stripped.keys()}
    if composed != mappings:
        raise SystemExit("the uncased form is not: decompose and strip, then make lower case")
    for c, text in lowered.items():
        if classes[c] != MAPPED or any(classes[ord(x)] in (PUNCTUATION, MAPPED_PUNCTUATION) for x in text):
            raise SystemExit(f"U+{c:04X}: lower case that is no letter")
    for c in code_points():
        alone = normalizers.BertNormalizer(lowercase=False, handle_chinese_chars=False).normalize_str("a" + chr(c) + "b")
        if classes[c] in (IDEOGRAPH, MAPPED_IDEOGRAPH) and len(SPLIT.pre_tokenize_str(alone)) != 1:
            raise SystemExit(f"U+{c:04X}: an ideograph that is punctuation, too")


def check(classes, mappings):
    """What the normalizer in Swift relies on."""
    for c, text in mappings.items():
        parts = NFD.normalize_str(chr(c))
        if combining_class(parts[0]) != 0:
            raise SystemExit(f"U+{c:04X}: mapping that begins with a mark")
        if not 1 <= len(text) <= min(7, len(chr(c).encode())):
            raise SystemExit(f"U+{c:04X}: {len(text)} outputs; an encoder may make one id a byte at most")
        kept = "".join(p for p in parts if UNCASED.normalize_str("a" + p)[1:] or classes[ord(p)] == MARK)
        for x, p in zip(text, kept):
            isolated = len(SPLIT.pre_tokenize_str("a" + x + "b")) == 3
            if isolated != (classes[ord(x)] in (PUNCTUATION, MAPPED_PUNCTUATION)):
                raise SystemExit(f"U+{c:04X}: output U+{ord(x):04X} splits differently")
            if (combining_class(p) != 0) != (classes[ord(x)] == MARK):
                raise SystemExit(f"U+{c:04X}: output U+{ord(x):04X} sorts differently")


def compare_with_unicodedata(classes, mappings):
    """Counts of code points on which this Python's database disagrees; for the header."""
    differences = 0
    for c in code_points():
        s, category = chr(c), unicodedata.category(chr(c))
        expected = "".join(x for x in unicodedata.normalize("NFD", s) if unicodedata.category(x) != "Mn").lower()
        if classes[c] in (REMOVED, SPACE) or category == "Cn":
            continue
        differences += expected != UNCASED.normalize_str(s).strip()
    return differences


def rows(values, width):
    line = "       "
    for v in values:
        text = f" 0x{v:0{width}X},"
        if len(line) + len(text) > 100:
            yield line
            line = "       "
        line += text
    yield line


def main():
    classes, mappings = {}, {}
    for c in code_points():
        classes[c], text = classify(c)
        if text is not None:
            mappings[c] = text
    lowered, stripped = replacements(LOWERED, classes), replacements(STRIPPED, classes)
    check(classes, mappings)
    check(classes, stripped)
    check_forms(classes, mappings, lowered, stripped)
    for c in range(0xD800, 0xE000):
        classes[c] = REMOVED
    runs, last = [], None
    for c in range(0x110000):
        if classes[c] != last:
            last = classes[c]
            runs.append(c << 8 | last)
    flat = {}
    for name, found in ("lowercase", lowered), ("decompositions", stripped):
        flat[name] = []
        for c, text in sorted(found.items()):
            flat[name].append(c | len(text) << 24)
            flat[name].extend(ord(x) for x in text)
    marks = [c << 8 | combining_class(chr(c)) for c in code_points() if classes[c] == MARK]
    print("// swift-format-ignore-file")
    print("// Generated by generate.py; do not edit.")
    print(f"// Oracle: Hugging Face tokenizers {tokenizers.__version__}, all code points. Python's Unicode")
    print(f"// {unicodedata.unidata_version} differs from it in the lower case or accents of "
          f"{compare_with_unicodedata(classes, mappings)} assigned code points.")
    print("\n/// What `CharacterTable` is made from.\nenum UnicodeTables {")
    print("    /// Runs of equal class, by rising code point: first code point << 8 | class.")
    print("    static let runs: [UInt32] = [")
    print("\n".join(rows(runs, 7)))
    print("    ]\n")
    for name, what in ("lowercase", "Lower case"), ("decompositions", "Decompositions (NFD) without accents"):
        print(f"    /// {what}: code point | count << 24, then `count` code points.")
        print(f"    static let {name}: [UInt32] = [")
        print("\n".join(rows(flat[name], 7)))
        print("    ]\n")
    print("    /// Marks that stay and that NFD sorts: code point << 8 | canonical combining class.")
    print("    static let marks: [UInt32] = [")
    print("\n".join(rows(marks, 7)))
    print("    ]\n}")
    print({n: sum(v == i for v in classes.values()) for i, n in enumerate(NAMES)},
          len(runs), len(lowered), len(stripped), len(marks), file=sys.stderr)


main()
