#!/usr/bin/env python3
"""Makes the golden files of FineTuningTests from the packages whose numbers ours must equal.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 seqeval==1.2.2 \
        nltk==3.10.4 'transformers==4.57.*'
    venv/bin/python generate.py

Writes metrics.json (scikit-learn, scipy, seqeval), answers.json (SQuAD through transformers'
squad_metrics; CMRC 2018's definition over nltk), features.json (transformers' fast and slow BERT
tokenizers, its SQuAD windows and answer search) and statistics.json (scipy). Seeded: the same
packages give the same files.
"""
import collections
import json
import os
import random
import tempfile
import warnings

import numpy as np
import scipy.stats
import sklearn.metrics as sk
from seqeval.metrics import sequence_labeling as seqeval
from seqeval.metrics import accuracy_score as seqeval_accuracy

warnings.simplefilter("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, value):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        lines = []
        for key, cases in value.items():
            body = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
            lines.append(f"{json.dumps(key)}: [\n{body}\n]")
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


def number(x):
    x = float(x)
    return None if np.isnan(x) else x


# --- classes -----------------------------------------------------------------------------------
def classification(rng):
    pairs = [([0], [0], 2), ([1], [0], 2), ([0, 0, 0], [0, 0, 0], 2), ([1, 1], [1, 1], 2),
             ([0, 0, 1, 1], [1, 1, 0, 0], 2), ([0, 1, 0, 1], [0, 0, 0, 0], 2),
             ([0, 0, 0, 0], [0, 1, 0, 1], 2), ([0, 2, 0, 2], [0, 2, 2, 2], 4),
             ([3, 3, 3], [3, 1, 3], 5)]
    for classes in (2, 2, 3, 7, 20):
        for count in (5, 50, 301):
            gold = [rng.randrange(classes) for _ in range(count)]
            predicted = [g if rng.random() < .6 else rng.randrange(classes) for g in gold]
            pairs.append((gold, predicted, classes))
    cases = []
    for gold, predicted, classes in pairs:
        labels = list(range(classes))
        cases.append({
            "gold": gold, "predicted": predicted, "classes": classes,
            "confusion": sk.confusion_matrix(gold, predicted, labels=labels).ravel().tolist(),
            "accuracy": sk.accuracy_score(gold, predicted),
            "precision": sk.precision_score(gold, predicted, labels=labels, average=None,
                                            zero_division=0).tolist(),
            "recall": sk.recall_score(gold, predicted, labels=labels, average=None,
                                      zero_division=0).tolist(),
            "f1": sk.f1_score(gold, predicted, labels=labels, average=None,
                              zero_division=0).tolist(),
            "macro": float(sk.f1_score(gold, predicted, average="macro", zero_division=0)),
            "micro": float(sk.f1_score(gold, predicted, average="micro", zero_division=0)),
            "matthews": float(sk.matthews_corrcoef(gold, predicted)),
        })
    return cases


def multilabel(rng):
    cases = []
    for classes, count, share in ((3, 1, 0), (3, 4, .5), (6, 40, .3), (5, 30, .05), (1, 5, .5)):
        def draw():
            return [[c for c in range(classes) if rng.random() < share] for _ in range(count)]
        gold = draw()
        predicted = [g if rng.random() < .4 else p for g, p in zip(gold, draw())]
        def indicator(rows):
            # A column more, and two empty rows of it, would change nothing but the type.
            return np.array([[int(c in row) for c in range(classes)] for row in rows])
        a, b = indicator(gold), indicator(predicted)
        if classes == 1:
            a, b = np.hstack([a, a * 0]), np.hstack([b, b * 0])
        cases.append({
            "gold": gold, "predicted": predicted, "classes": a.shape[1],
            "accuracy": float(sk.accuracy_score(a, b)),
            "micro": float(sk.f1_score(a, b, average="micro", zero_division=0)),
            "macro": float(sk.f1_score(a, b, average="macro", zero_division=0)),
        })
    return cases


def correlation(rng):
    lists = [([1.0, 2.0], [2.0, 1.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]),
             ([0.1, 0.1, 0.2, 0.2], [5.0, 5.0, 5.0, 6.0]), ([1e150, 2e150, 4e150], [1.0, 3.0, 2.0]),
             ([1e-200, 2e-200, 4e-200], [1.0, 3.0, 2.0]), ([1e9, 1e9 + 1, 1e9 + 3], [3.0, 1.0, 2.0])]
    for count in (3, 17, 200):
        x = [rng.gauss(0, 1) for _ in range(count)]
        lists.append((x, [v + rng.gauss(0, 1) for v in x]))
        lists.append(([float(rng.randrange(6)) for _ in range(count)],
                      [rng.randrange(26) / 5 for _ in range(count)]))
    return [{"x": x, "y": y, "pearson": number(scipy.stats.pearsonr(x, y)[0]),
             "spearman": number(scipy.stats.spearmanr(x, y)[0])} for x, y in lists]


def entities(rng):
    pairs = [
        ([["B-PER", "I-PER", "O"]], [["B-PER", "I-PER", "O"]]),
        ([["B-PER", "I-PER", "I-PER"]], [["B-PER", "I-PER", "B-PER"]]),
        ([["I-PER", "I-LOC", "O", "I-LOC"]], [["B-PER", "B-LOC", "O", "B-LOC"]]),
        ([["O", "O"]], [["O", "O"]]), ([["O", "O"]], [["B-X", "O"]]), ([["B-X"]], [["O"]]),
        ([["E-X", "E-X", "S-X", "B-Y", "E-Y"]], [["E-X", "I-X", "S-X", "B-Y", "I-Y"]]),
        ([["B", "I", "O", "S"]], [["B", "I", "O", "I"]]),
        ([["B-A-B", "I-A-B"], ["I-A-B"]], [["B-A-B", "I-B"], ["I-A-B"]]),
        ([["NOUN", "VERB", "N"], ["N", "X"]], [["NOUN", "NOUN", "N"], ["X", "X"]]),
        ([["B-\u00e9", "B-e\u0301"]], [["B-e\u0301", "B-e\u0301"]]),
        ([["B-", ".-X", "I-X"]], [["B-", "O", "I-X"]]),
    ]
    schemes = {"IOB2": "BIO", "IOBES": "BIESO", "IOE": "IEO", "odd": "BIESO.LU"}
    for letters in schemes.values():
        for count in (1, 3, 12):
            def draw():
                letter = rng.choice(letters)
                return letter if letter == "O" else f"{letter}-{rng.choice(['PER', 'LOC', 'X-Y'])}"
            gold = [[draw() for _ in range(rng.randrange(1, 12))] for _ in range(count)]
            predicted = [[t if rng.random() < .7 else draw() for t in row] for row in gold]
            pairs.append((gold, predicted))
    cases = []
    for gold, predicted in pairs:
        def scores(average):
            return seqeval.precision_recall_fscore_support(gold, predicted, average=average,
                                                           zero_division=0)
        micro, macro, each = scores("micro"), scores("macro"), scores(None)
        found = {t for t, _, _ in seqeval.get_entities(gold) + seqeval.get_entities(predicted)}
        cases.append({
            "gold": gold, "predicted": predicted, "precision": float(micro[0]),
            "recall": float(micro[1]), "f1": float(micro[2]),
            "macro": number(macro[2]) if found else 0.0,
            "types": sorted(found), "typeF1": [float(v) for v in each[2]],
            "accuracy": float(seqeval_accuracy(gold, predicted))})
    return cases


# --- answers -----------------------------------------------------------------------------------
def squad(rng):
    from transformers.data.metrics.squad_metrics import (
        compute_exact, compute_f1, get_tokens, normalize_answer)
    parts = ["the", "The", "a", "an", "A.", "cat", "Cat's", "\u00e9tat", "e\u0301tat", "the\u0301", "U.S.",
             "1,000", "na\u00efve\u2014a", "\u201cthe\u201d", "a\u3002b", "\uff0c", "\u039f\u03a3", "\u03c3\u03bf\u03c2", "\u0130stanbul", "\u00a0",
             "x\u00a0y", "\u2028", "a_b", "the-end", "\u0661\u0662", "\u00bd", "a\u20dd", "", "  ", "!", "an\u0903", "\u1fb3\u0345\u03a3", "\u4e2d\u6587"]
    pairs = [("", [""]), ("", []), ("the", ["a"]), ("the", [""]), ("cat", []), ("", ["cat"]),
             ("cat", ["dog", "the cat"]), ("!", ["?"]), ("the cat", ["", "cat"]),
             ("a a b", ["a b b"]), ("x x y", ["x y y", "x x"])]
    for _ in range(150):
        def draw():
            joint = rng.choice([" ", " ", "", "\u00a0", "-"])
            return joint.join(rng.choice(parts) for _ in range(rng.randrange(5)))
        gold = draw()
        prediction = gold if rng.random() < .2 else draw() + (" " + gold if rng.random() < .5 else "")
        pairs.append((prediction, [gold] + [draw() for _ in range(rng.randrange(3))]))
    cases = []
    for prediction, golds in pairs:
        def f1v1(gold):
            found, wanted = get_tokens(prediction), get_tokens(gold)
            return 0.0 if not found or not wanted else float(compute_f1(gold, prediction))
        wanted = [g for g in golds if normalize_answer(g)] or [""]
        cases.append({
            "prediction": prediction, "golds": golds,
            "exact1": float(max([compute_exact(g, prediction) for g in golds], default=0)),
            "f1v1": max([f1v1(g) for g in golds], default=0.0),
            "exact2": float(max(compute_exact(g, prediction) for g in wanted)),
            "f1v2": float(max(compute_f1(g, prediction) for g in wanted))})
    return cases


# The definition of ymcui/cmrc2018's script, in our words.
CMRC_MARKS = set("-:_*^/\\~`+=\uff0c\u3002\uff1a\uff1f\uff01\u201c\u201d\uff1b\u2019\u300a\u300b\u00b7\u3001\u300c\u300d\uff08\uff09\uff0d\uff5e\u300e\u300f")


def cmrc_segments(text):
    from nltk import word_tokenize
    segments, run = [], ""
    for char in text.lower().strip() + "\u4e00":
        if char in CMRC_MARKS:
            continue
        if "\u4e00" <= char <= "\u9fa5":
            segments += word_tokenize(run, preserve_line=True) if run else []
            segments, run = segments + [char], ""
        else:
            run += char
    return segments[:-1]


def longest_run(a, b):
    return max((n for i in range(len(a)) for j in range(len(b))
                for n in range(min(len(a) - i, len(b) - j) + 1) if a[i:i + n] == b[j:j + n]),
               default=0)


def cmrc(rng):
    parts = ["\u4e2d", "\u6587", "\u7684", "\u4eba", "\u9fa6", "\uff0c", "\u2026\u2026", "\u2026", "\u3002", "1519", "1,000.5", "\u5e74", "Luther", "can't",
             "U.S.", " ", "  ", "\"x\"", "\u300a", "\u300b", "(a)", "50%", "A-B", "\u00b7", "\u3000", "i.e.", "wanna go", "'tis"]
    pairs = [("", [""]), ("\uff0c", ["\u3002"]), ("\u4e2d", [""]), ("\u4e2d\u6587", ["\u4e2d\u6587\u3002", "\u6587"]), ("\u6587\u4e2d", ["\u4e2d\u6587"]),
             ("\u6587\u4e2d\u6587", ["\u4e2d\u6587\u6587"]), ("ABC\u4e2d", ["abc\u4e2d"])]
    for _ in range(120):
        def draw():
            return "".join(rng.choice(parts) for _ in range(rng.randrange(7)))
        gold = draw()
        prediction = gold if rng.random() < .2 else draw() + (gold if rng.random() < .5 else "")
        pairs.append((prediction, [gold] + [draw() for _ in range(rng.randrange(3))]))
    cases = []
    for prediction, golds in pairs:
        found = cmrc_segments(prediction)
        def plain(text):
            return "".join(c for c in text.lower().strip() if c not in CMRC_MARKS)
        f1 = 0.0
        for gold in golds:
            wanted = cmrc_segments(gold)
            same = longest_run(wanted, found)
            if same:
                p, r = 1.0 * same / len(found), 1.0 * same / len(wanted)
                f1 = max(f1, (2 * p * r) / (p + r))
        cases.append({"prediction": prediction, "golds": golds, "f1": f1,
                      "exact": float(any(plain(g) == plain(prediction) for g in golds))})
    return cases


def treebank(rng):
    from nltk import word_tokenize
    parts = ["a", "b.", "don't", "'s", "it's", "cannot", "gonna", "wanna", "wanna.", "'tis", "'twas",
             "more'n", "d'ye", "\"q\"", "\"", "''", "'", "('x')", "\u00abo\u00bb", "\u2018s\u2019", "\u201ct\u201d", "1,000", "x,y",
             ",", "a:b", ":", "...", "..", ".", ".)", "?!", "$5", "#1", "50%", "a@b", "R&D", "\u2014", "\u2013",
             "[x]", "{y}", "<z>", "*", "--", "a--b", "they'll", "we've", "you're", "i'm", "'em", "'re",
             "he'd", ";", "\u0661,\u0662", "``", "`", "lemme", "gotta", "can", "not", "u.s.", "e.g.,"]
    texts = ["", " ", ".", "a.", "a. ", "a.\" ", "a.) \" ", "..", "a..", "x .", "\"", "'", "' '", "\"a", "a,", "a,\n"]
    for _ in range(500):
        joint = rng.choice([" ", " ", "", "  "])
        texts.append(joint.join(rng.choice(parts) for _ in range(rng.randrange(1, 6)))
                     + rng.choice(["", "", ".", " ", ".\"", "?"]))
    return [{"text": t, "words": word_tokenize(t, preserve_line=True)} for t in texts]


# --- features ----------------------------------------------------------------------------------
VOCABULARY = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
              + [chr(c) for c in range(97, 123)] + ["##" + chr(c) for c in range(97, 123)]
              + list("0123456789") + ["##" + c for c in "0123456789"] + list("(),.-?!'\"$%\u2014")
              + ["the", "river", "flow", "##s", "##ing", "john", "smith", "japan", "##ese", "city",
                 "189", "##5", "was", "born", "in", "cafe", "resume"])
VOCABULARY = list(dict.fromkeys(VOCABULARY))


def tokenizers():
    from transformers import BertTokenizer, BertTokenizerFast

    class Google(BertTokenizer):
        """run_squad.py takes every "##" away, transformers only those behind a space."""
        def convert_tokens_to_string(self, tokens):
            return " ".join(tokens).replace(" ##", "").replace("##", "").strip()

    path = os.path.join(tempfile.mkdtemp(), "vocab.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(t + "\n" for t in VOCABULARY))
    return Google(path, do_lower_case=True), BertTokenizerFast(path, do_lower_case=True)


def truncation(fast):
    cases = []
    for length in (4, 5, 8, 9, 16, 17):
        for first in (0, 1, 2, 3, 5, 6, 7, 12, 30):
            for second in (None, 0, 1, 2, 4, 6, 7, 13, 30):
                # Lists: given alone, an empty second text counts as none.
                args = [[" ".join("abcdefgh"[i % 8] for i in range(first))]]
                if second is not None:
                    args.append([" ".join("qrstuvwx"[i % 8] for i in range(second))])
                made = fast(*args, truncation="longest_first", max_length=length)
                cases.append({"first": args[0][0], "second": args[1][0] if args[1:] else None,
                              "length": length, "ids": made["input_ids"][0],
                              "segments": made["token_type_ids"][0]})
    return cases


def tagging(fast, rng):
    cases = []
    for length in (5, 6, 9, 40):
        for _ in range(12):
            words = [rng.choice(["river", "Rivers", "flowing", "\u200d", "caf\u00e9s", "\u2603", "John", "x-y",
                                 "1895", "\u00a0"]) for _ in range(rng.randrange(1, 8))]
            labels = [rng.randrange(3) for _ in words]
            made = fast(words, is_split_into_words=True, truncation=True, max_length=length)
            last, aligned = None, []
            for word in made.word_ids():
                aligned.append(-100 if word is None or word == last else labels[word])
                last = word
            cases.append({"words": words, "labels": labels, "length": length,
                          "ids": made["input_ids"], "aligned": aligned})
    return cases


def questions(slow, rng):
    from transformers.data.metrics.squad_metrics import compute_predictions_logits
    from transformers.data.processors import squad as processor
    processor.tokenizer = slow
    Result = collections.namedtuple("Result", "unique_id start_logits end_logits")
    parts = ["The", "river", "Rivers", "flows", "John", "Smith", "(1895-1943).", "Japanese", "city,",
             "Caf\u00e9", "r\u00e9sum\u00e9", "\u2603", "was", "born", "in", "\"x\"", "zzz", "don't", "\u2014", "e\u0301t\u00e9", "\u200d",
             "50%", "\u00a0", "a\u00a0b"]
    cases = []
    for number_ in range(60):
        v2 = number_ % 3 == 2
        context = rng.choice(["", " "]) + rng.choice([" ", "  ", "\n", "\u202f"]).join(
            rng.choice(parts) for _ in range(rng.randrange(3, 40)))
        start = rng.randrange(len(context))
        end = min(len(context), start + rng.randrange(1, 14))
        impossible = v2 and rng.random() < .4
        answer = context[start:end]
        question = " ".join(rng.choice(parts) for _ in range(rng.randrange(1, 8)))
        length, stride, limit = rng.choice([(20, 5, 6), (24, 3, 8), (32, 9, 4), (64, 16, 6)])
        def example(training):
            return processor.SquadExample(
                qas_id="q", question_text=question, context_text=context,
                answer_text=None if impossible else answer,
                start_position_character=None if impossible or not training else start,
                title="", is_impossible=impossible,
                answers=[] if training else [{"text": answer, "answer_start": start}])
        def features(training):
            made = processor.squad_convert_example_to_features(
                example(training), max_seq_length=length, doc_stride=stride, max_query_length=limit,
                padding_strategy="max_length", is_training=training)
            for index, feature in enumerate(made):
                feature.example_index, feature.unique_id = 0, index
            return made
        try:
            train, test = features(True), features(False)
        except ValueError:  # transformers refuses a question or a context without tokens
            continue
        # Eighths: sums are exact, and many are equal.
        logits = [([round(rng.gauss(0, 16)) / 8 for _ in range(length)],
                   [round(rng.gauss(0, 16)) / 8 for _ in range(length)]) for _ in test]
        threshold = rng.choice([0.0, -3.0, 2.5])
        settings = dict(n_best_size=rng.choice([5, 20]), max_answer_length=rng.choice([4, 30]))
        path = os.path.join(tempfile.mkdtemp(), "nbest.json")
        odds = os.path.join(tempfile.mkdtemp(), "odds.json")
        single = example(False)
        predictions = compute_predictions_logits(
            [single], test,
            [Result(i, s, e) for i, (s, e) in enumerate(logits)], do_lower_case=True,
            output_prediction_file=None, output_nbest_file=path,
            output_null_log_odds_file=odds if v2 else None, verbose_logging=False,
            version_2_with_negative=v2, null_score_diff_threshold=threshold, tokenizer=slow, **settings)
        nbest = json.load(open(path))["q"]
        cases.append({
            "context": context, "question": question, "answer": answer, "start": start,
            "impossible": impossible, "length": length, "stride": stride, "limit": limit, "v2": v2,
            "skipped": not train,
            "windows": [{"ids": f.input_ids[:len(f.tokens)],
                         "segments": f.token_type_ids[:len(f.tokens)],
                         "maximum": [i for i, m in sorted(f.token_is_max_context.items()) if m]}
                        for f in test],
            "labels": [[f.start_position, f.end_position] for f in train],
            "starts": [s for s, _ in logits], "ends": [e for _, e in logits],
            "threshold": threshold, "nBest": settings["n_best_size"],
            "longest": settings["max_answer_length"], "text": predictions["q"],
            "texts": [n["text"] for n in nbest], "probabilities": [n["probability"] for n in nbest],
            "odds": json.load(open(odds))["q"] if v2 else None})
    return cases


# --- statistics --------------------------------------------------------------------------------
def statistics(rng):
    cases = []
    for count in (2, 3, 4, 5, 8, 11):
        for spread in (0.01, 1.0):
            a = [round(rng.gauss(.8, spread), 4) for _ in range(count)]
            b = [round(x + rng.gauss(.01, spread), 4) for x in a]
            if count == 4:
                b[1] = a[1]
            mean, error = np.mean(a), scipy.stats.sem(a)
            low, high = scipy.stats.t.interval(.95, count - 1, loc=mean, scale=error)
            test = scipy.stats.ttest_rel(a, b)
            between = test.confidence_interval(.95)
            exact = scipy.stats.permutation_test(
                (a, b), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples",
                vectorized=True, n_resamples=np.inf)
            cases.append({
                "a": a, "b": b, "mean": float(mean), "deviation": float(np.std(a, ddof=1)),
                "low": float(low), "high": float(high), "t": float(test.statistic),
                "p": float(test.pvalue), "halfWidth": float(between.high - between.low) / 2,
                "permutation": float(exact.pvalue)})
    return cases


def student():
    return [{"t": t, "degrees": d, "cumulative": float(scipy.stats.t.cdf(t, d)),
             "twoSided": float(2 * scipy.stats.t.sf(abs(t), d)),
             "critical": float(scipy.stats.t.ppf(.975, d))}
            for d in (1, 2, 3, 4, 7, 29, 500, 2.5) for t in (-40.0, -2.0, -0.3, 0.0, 1e-3, 1.0, 6.5, 300.0)]


def main():
    rng = random.Random(20181011)
    write("metrics.json", {"classification": classification(rng), "multilabel": multilabel(rng),
                           "correlation": correlation(rng), "entities": entities(rng)})
    write("answers.json", {"squad": squad(rng), "cmrc": cmrc(rng), "treebank": treebank(rng)})
    slow, fast = tokenizers()
    write("features.json", {"vocabulary": VOCABULARY, "truncation": truncation(fast),
                            "tagging": tagging(fast, rng), "questions": questions(slow, rng)})
    write("statistics.json", {"paired": statistics(rng), "student": student()})


if __name__ == "__main__":
    main()
