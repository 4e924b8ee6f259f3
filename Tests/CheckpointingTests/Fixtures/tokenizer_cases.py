"""Writes tokenizers.json: python3 tokenizer_cases.py. Made with transformers 5.24 and tokenizers 0.23.3.

Model directories by the files of their tokenizers, and the ids that AutoTokenizer makes of some texts with them; or the
key that must be named where such a directory is refused.
"""
import json
import os
import shutil
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from transformers import AutoTokenizer

WORDS = """[PAD] [UNK] [CLS] [SEP] [MASK] [unused1] [unused2] schon schön łódź lodz äpfel apfel Äpfel ö ü ą ß the The foo ##foo
bar ##bar 中 国 中国 ##国 東 京 東京 việt viet 😀 , . ! < > ##> e t""".split()
LETTERS = [c for c in "abcdefghijklmnopqrstuvwxyz"]
VOCABULARY = list(dict.fromkeys(WORDS + LETTERS + ["##" + c for c in LETTERS]))
TEXTS = ["schön Schon ÄPFEL äpfel ŁÓDŹ łódź Việt", "中国 東京 中国!", "The foobar FOO Foobar xfooy <e> <E>x thefoo",
         "[unused1] x[unused2]y [MASK] [mask] 😀", "sch\u00f6n scho\u0308n the,foo"]
NEXT = len(VOCABULARY)


def added(content, **flags):
    return {"content": content, "lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": False,
            **flags}


READ = [
    {}, {"do_lower_case": False}, {"strip_accents": False}, {"do_lower_case": False, "strip_accents": True},
    {"do_lower_case": True, "strip_accents": None}, {"tokenize_chinese_chars": False},
    {"tokenizer_class": "BertTokenizerFast", "do_lower_case": False, "strip_accents": False, "tokenize_chinese_chars": False},
    {"added_tokens_decoder": {str(NEXT): added("foobar", normalized=True), str(NEXT + 1): added("<E>", special=True)}},
    {"added_tokens_decoder": {"5": added("[unused1]", special=True), str(NEXT): added("Foobar")}},
    {"additional_special_tokens": ["[unused1]", "<E>"]}, {"extra_special_tokens": ["[unused2]"]},
    {"model_max_length": 5, "never_split": None, "do_basic_tokenize": True, "clean_text": True},
    {"cls_token": {"__type": "AddedToken", **added("[CLS]", special=True)}, "model_max_length": 10**30},
]
OTHER_FILES = [
    {"added_tokens.json": {"Foobar": NEXT, "<E>": NEXT + 1}},
    {"added_tokens.json": {"<E>": NEXT}, "special_tokens_map.json": {"extra_special_tokens": ["<E>"], "cls_token": "[CLS]"}},
]
REFUSED = [
    ("never_split", {"never_split": ["Foobar"]}), ("do_basic_tokenize", {"do_basic_tokenize": False}),
    ("clean_text", {"clean_text": False}), ("cls_token", {"cls_token": "the"}), ("mask_token", {"mask_token": "<mask>"}),
    ("do_lower_case", {"do_lower_case": "yes"}), ("tokenizer_class", {"tokenizer_class": "RobertaTokenizer"}),
    ("tokenizer_class", {"tokenizer_class": "BertJapaneseTokenizer"}), ("tokenizer.json", {"tokenizer_class": "TokenizersBackend"}),
    ("word_tokenizer_type", {"word_tokenizer_type": "mecab"}), ("single_word", {"added_tokens_decoder": {"5": added("foo", single_word=True)}}),
    ("white space", {"added_tokens_decoder": {str(NEXT): added("New York")}}), ("has id 7", {"added_tokens_decoder": {"7": added("foo")}}),
    ("next free one", {"added_tokens_decoder": {str(NEXT + 3): added("Foobar")}}), ("strip_accents", {"strip_accents": 1}),
]


def ids(directory):
    tokenizer = AutoTokenizer.from_pretrained(directory)
    return [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]


def write(directory, files):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    for name, content in files.items():
        with open(f"{directory}/{name}", "w") as f:
            f.write(content if isinstance(content, str) else json.dumps(content, ensure_ascii=True))
    with open(f"{directory}/config.json", "w") as f:
        json.dump({"model_type": "bert"}, f)


def changed(tree, path, value):
    tree = json.loads(json.dumps(tree))
    part = tree
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return tree


def main():
    cases, text = [], "".join(w + "\n" for w in VOCABULARY)
    work = tempfile.mkdtemp()
    directory, saved = work + "/a", work + "/b"

    def case(files, refused=None):
        write(directory, files)
        entry = {"files": {n: c if isinstance(c, str) else json.dumps(c, ensure_ascii=True) for n, c in files.items()}}
        entry.update({"refused": refused} if refused else {"ids": ids(directory)})
        cases.append(entry)

    for config in READ:
        files = {"vocab.txt": text, "tokenizer_config.json": config}
        case(files)
        # The same, saved again: tokenizer.json instead of vocab.txt.
        shutil.rmtree(saved, ignore_errors=True)
        AutoTokenizer.from_pretrained(directory).save_pretrained(saved)
        again = {n: open(f"{saved}/{n}").read() for n in os.listdir(saved)}
        assert "vocab.txt" not in again, again.keys()
        if config.get("strip_accents") is False or "added_tokens_decoder" in config:
            case(again)
    for files in OTHER_FILES:
        case({"vocab.txt": text, **files})
    case({"vocab.txt": text})
    for key, config in REFUSED:
        case({"vocab.txt": text, "tokenizer_config.json": config}, key)
    write(directory, {"vocab.txt": text, "tokenizer_config.json": {"do_lower_case": False}})
    AutoTokenizer.from_pretrained(directory).save_pretrained(saved)
    tree, cased = json.load(open(f"{saved}/tokenizer.json")), {"do_lower_case": False}
    general = {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": True}
    case({"tokenizer.json": tree, "tokenizer_config.json": general, "vocab.txt": text})
    case({"tokenizer.json": changed(tree, ["normalizer", "strip_accents"], True), "tokenizer_config.json": general})
    for key, path, value in [
        ("normalizer.lowercase", ["normalizer", "lowercase"], True), ("normalizer.clean_text", ["normalizer", "clean_text"], False),
        ("normalizer.strip_accents", ["normalizer", "strip_accents"], True),
        ("normalizer.handle_chinese_chars", ["normalizer", "handle_chinese_chars"], False),
        ("normalizer.type", ["normalizer"], {"type": "NFC"}), ("normalizer.type", ["normalizer"], None),
        ("pre_tokenizer.type", ["pre_tokenizer"], {"type": "Whitespace"}), ("model.type", ["model", "type"], "BPE"),
        ("model.unk_token", ["model", "unk_token"], "the"), ("model.vocab", ["model", "vocab", "the"], 4),
        ("continuing_subword_prefix", ["model", "continuing_subword_prefix"], "@@"),
        ("max_input_chars_per_word", ["model", "max_input_chars_per_word"], 200),
        ("post_processor", ["post_processor", "pair"], []), ("post_processor.type", ["post_processor"], {"type": "RobertaProcessing"}),
        ("single_word", ["added_tokens", 0, "single_word"], True), ("is no JSON", ["version"], "\ud800"),
    ]:
        case({"tokenizer.json": changed(tree, path, value), "tokenizer_config.json": cased}, key)
    case({"tokenizer.json": tree}, "do_lower_case")
    case({"tokenizer.json": tree, "tokenizer_config.json": cased, "vocab.txt": text.replace("foo\n", "fou\n", 1)}, "differs from")
    with open("tokenizers.json", "w") as f:
        json.dump({"texts": TEXTS, "cases": cases}, f, ensure_ascii=True, indent=0)
        f.write("\n")


main()
