#!/usr/bin/env python3
"""Writes the golden files beside it with Hugging Face's tokenizer (tokenizers 0.23.3 when committed).

    pip install tokenizers==0.23.3 && python generate.py

vocab.txt    a vocabulary made here: single characters of many scripts and some English pieces.
cases.tsv    text in hexadecimal, tab, ids of the uncased tokenizer, tab, ids of the cased one.
settings.tsv texts in hexadecimal, one a line; then for each settings a line "@lowercase strip_accents
             tokenize_chinese_chars ADDED...", where ADDED is CONTENT|normalized|special|piece, and a line of ids for each
             text. Added tokens that are no pieces have the ids behind the vocabulary's.
scalars.tsv  for each 4096 code points, the CRC-32 of all words of 'a' + code point + 'b', uncased and cased.
"""
import itertools
import pathlib
import random
import unicodedata
import zlib

from tokenizers import AddedToken, BertWordPieceTokenizer, Tokenizer, models, normalizers, pre_tokenizers

HERE = pathlib.Path(__file__).parent
SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
RANGES = [(0x21, 0x7F), (0xA1, 0x180), (0x300, 0x330), (0x391, 0x3CA), (0x400, 0x460), (0x5D0, 0x5EB),
          (0x620, 0x653), (0x905, 0x950), (0xE01, 0xE3B), (0x1100, 0x1113), (0x1161, 0x1176),
          (0x11A8, 0x11C3), (0x1E00, 0x1E20), (0x2010, 0x2028), (0x302A, 0x3030), (0x3041, 0x30FF),
          (0x4E00, 0x4E40), (0xAC00, 0xAC20), (0xFF01, 0xFF20), (0x1D157, 0x1D173), (0x1E944, 0x1E94B),
          (0x1F600, 0x1F610), (0x20000, 0x20008)]
EXTRA = [0x8D4, 0x1B44, 0x8C48, 0x4E3D, 0x6D77, 0xFFFF, 0x1FFFF, 0x378]
PIECES = """the of and in to was is that he for it with as his on be at by which had this not are but from or
have an they you were her all their one there been if more when will would who so no The Of And In
##ing ##ed ##s ##er ##ly ##tion ##ment ##al ##able ##ness ##est ##ity ##ous ##ive ##th ##nd ##en
un re pre dis over under inter anti play work read walk token ##ize ##ization Unit United Kingdom
straße cafe naive resume Café naïve Übung москва Москва привет 東京 hello world Hello World""".split()


def vocabulary():
    tokens = list(SPECIAL_TOKENS)
    for first, end in RANGES:
        for c in range(first, end):
            if not chr(c).isspace():
                tokens += [chr(c), "##" + chr(c)]
    for c in EXTRA:
        tokens += [chr(c), "##" + chr(c)]
    tokens += PIECES
    return list(dict.fromkeys(tokens))


def hand_written():
    yield from """
Hello, world! The United Kingdom's tokenization unplayable.|naïve café Übung STRASSE straße İstanbul ΑΣ Σ
don't can't 3.14159 1,000,000 e-mail@example.org http://x.y/z?a=b&c=d #tag ##ing $5 <p> `x` a|b ~ ^ + =
[CLS] the [MASK] of [SEP] [PAD][UNK]|x[MASK]y [mask] [MASK [[MASK]] [unused1] [ MASK ]
一丁丂abc七丄，。「」　豈 丽 𠀀|東京タワー ひらがな カタカナ ｶﾀｶﾅ|한국어 가각갂 한 ㄱ|москва МОСКВА Ёлка йод|שלום עולם|مرحبا بالعالم|हिन्दी का़ क़|ไทย ภาษา
₊ € ™ − ＄ ＋ ＜ ＝ ＾ ｀ ｜ ～ $ + < = > ^ ` | ~|≠ ≮ ≯ ΅ ; · ` a≠b|— – … “q” ‘r’ « »
""".strip().replace("\n", "|").split("|")
    yield "tab\tvt\x0bff\x0ccr\rnul\0bel\x07del\x7fnel\x85nbsp\xa0zwsp\u200bzwj\u200dbom\ufeffshy\xad.ls\u2028ps\u2029end"
    yield "a\u0301\u0323e\u0323\u0301 \u1e0b\u0323 a\u302e\u302ab a\u302a\u302e\u0345c \U0001d15e\U0001d165\U0001d16d\u0301 a\U0001e944\U0001e94ab"
    yield "😀😁 family👨\u200d👩\u200d👧 flag🇩🇪 \ue000 \U000f0000 \u0378 \uffff \U0001ffff \ud7ff \ufffd"
    for n in (15, 16, 17, 99, 100, 101, 200, 201):
        for unit in ("a", "É", "\u1e0b", "가", "丁", "x\u200d", "a\u0301"):
            yield unit * n + " " + "z" + unit * n


INVALID = [b"a\xffb", b"\x80", b"a\xc3", b"\xc3\x28", b"\xe2\x82", b"a\xe2\x82b", b"\xed\xa0\x80x", b"\xf0\x9f\x98",
           b"\xf0\x9fabc", b"\xc0\x80", b"\xe0\x80\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xfe\xff",
           b"[MA\xffSK] [MASK\xff]", b"the\xe2\x80 of \xe2\x80\x94", b"\xf8\x88\x80\x80\x80z", b"\xe4\xb8", b"\xef\xbf\xbd"]


def fuzz(rng, tokens):
    marks = [c for c in range(0x300, 0x3100) if unicodedata.combining(chr(c))]
    mapped = [0xE9, 0x130, 0x1C4, 0x226E, 0x2260, 0x37E, 0x387, 0x958, 0xAC01, 0xF900, 0x1D15E, 0x1E9E, 0x1F82, 0x212A, 0x2F800]
    while True:
        part = rng.random()
        if part < 0.35:
            yield rng.choice(tokens).removeprefix("##").encode()
        elif part < 0.5:
            yield chr(rng.choice(marks)).encode()
        elif part < 0.6:
            yield chr(rng.choice(mapped)).encode()
        elif part < 0.75:
            yield rng.choice([b" ", b" ", b"\t", "　".encode(), b",", b"-", "—".encode(), b"["])
        elif part < 0.9:
            yield chr(rng.choice([c for c in (rng.randrange(0x110000),) if not 0xD800 <= c < 0xE000] or [97])).encode()
        else:
            yield rng.randbytes(rng.randint(1, 3))


def cases(tokens):
    yield from (s.encode() for s in hand_written())
    yield from INVALID
    rng = random.Random(20260101)
    parts = fuzz(rng, tokens)
    for _ in range(600):
        yield b"".join(next(parts) for _ in range(rng.randint(1, 24)))


LANGUAGES = """
Schöne Grüße aus München: Straße, ÖBB, Äpfel, ẞ, übermäßig.|Zażółć gęślą jaźń, ŁÓDŹ i Kraków; źdźbło|Åke äter räksmörgås på Öland, ÄPPLE
Tôi yêu tiếng Việt, ĐƯỜNG phố Hà Nội ở đâu?|İstanbul'da IĞDIR ılık ŞEKER|ΌΔΥΣΣΕΥΣ Ὀδυσσεύς ΑΣ Σ ῾Ρόδος|ЙОД йод Ёлка ёж ЇЖАК
我爱北京天安门。丽丁丂abc七丄，「」|東京タワーへ行きます。ガギグ ひらがな ｶﾞ|각가갂 한국어는 ㄱ|हिन्दी क़ किताब|שָׁלוֹם|مَرْحَبًا
😀😁 party🎉 👨\u200d👩\u200d👧 🇩🇪|a\u0301\u0323 e\u0323\u0301 ≠ ≮ ; · K Å Ω ﬁ ǆ Ǆ|[MASK] [mask] x[MASK]y [CLS
the @USER said @user hi@USERthe|foobar foo fooBAR FooBar xfoobarx foo-bar barfoo|ÜBER über Uber uber überüber xÜberx the|naïve NAÏVE naive cafe Café
中文 中 文 a中文b 中 文|c++ C++11 c+ +c|<e> <E>x x<E> <E><E> the<E>the|the theof ofthe The THE
""".strip().replace("\n", "|").split("|")

NORMALIZED, SPECIAL, PIECE = 1, 2, 4
ADDED = [
    [],
    [("@USER", 0), ("<E>", SPECIAL), ("the", PIECE)],
    [("FooBar", NORMALIZED), ("Über", NORMALIZED), ("中文", NORMALIZED), ("c++", NORMALIZED), ("Café", NORMALIZED | PIECE)],
    [("foo", 0), ("foobar", 0), ("bar", NORMALIZED), ("<E>", SPECIAL | NORMALIZED), ("丁", NORMALIZED | PIECE), ("[MASK", 0)],
]


def write_settings(tokens):
    rng = random.Random(20260102)
    parts = fuzz(rng, tokens + ["foo", "bar", "foobar", "<E>", "@USER", "Über", "ü", "c++", "the", "中文"] * 40)
    texts = [s.encode() for s in LANGUAGES]
    texts += [b"".join(next(parts) for _ in range(rng.randint(1, 24))) for _ in range(40)]
    with open(HERE / "settings.tsv", "w") as out:
        out.writelines(text.hex() + "\n" for text in texts)
        for lowercase, strip, chinese, added in itertools.product((True, False), (None, True, False), (True, False), ADDED):
            if strip is None and added:
                continue
            made = Tokenizer(models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]"))
            made.normalizer = normalizers.BertNormalizer(handle_chinese_chars=chinese, strip_accents=strip, lowercase=lowercase)
            made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
            made.add_special_tokens([AddedToken(t, normalized=False) for t in SPECIAL_TOKENS])
            for content, flags in added:
                token = AddedToken(content, normalized=bool(flags & NORMALIZED), special=bool(flags & SPECIAL))
                assert (content in tokens) == bool(flags & PIECE), content
                (made.add_special_tokens if flags & SPECIAL else made.add_tokens)([token])
            fields = [f"{c}|{f & 1}|{f >> 1 & 1}|{f >> 2}" for c, f in added]
            out.write("@" + " ".join([str(lowercase), str(strip), str(chinese)] + fields) + "\n")
            for text in texts:
                ids = made.encode(text.decode(errors="replace"), add_special_tokens=False).ids
                out.write(" ".join(map(str, ids)) + "\n")


def write_scalars():
    split = pre_tokenizers.BertPreTokenizer()
    forms = [normalizers.BertNormalizer(lowercase=True), normalizers.BertNormalizer(lowercase=False)]
    with open(HERE / "scalars.tsv", "w") as out:
        for block in range(0, 0x110000, 4096):
            sums = []
            for form in forms:
                text = ""
                for c in range(block, block + 4096):
                    s = b"a" + chr(c).encode("utf-8", "surrogatepass") + b"b"
                    words = split.pre_tokenize_str(form.normalize_str(s.decode("utf-8", "replace")))
                    text += " ".join(w for w, _ in words) + "\n"
                sums.append(f"{zlib.crc32(text.encode()):08x}")
            out.write(f"{block:06x}\t" + "\t".join(sums) + "\n")


def main():
    tokens = vocabulary()
    path = HERE / "vocab.txt"
    path.write_bytes("".join(t + "\n" for t in tokens).encode())
    forms = [BertWordPieceTokenizer(str(path), lowercase=lower, strip_accents=None) for lower in (True, False)]
    with open(HERE / "cases.tsv", "w") as out:
        for text in cases(tokens):
            ids = [form.encode(text.decode("utf-8", "replace"), add_special_tokens=False).ids for form in forms]
            out.write("\t".join([text.hex()] + [" ".join(map(str, i)) for i in ids]) + "\n")
    write_settings(tokens)
    write_scalars()


main()
