"""Draws legal tokenizer.json and tokenizer_config.json and writes what transformers computes with them.

    python tokenizer_files.py > ../../../packages/core/test/golden/combinations/tokenizers.jsonl

The first line holds the models (vocabulary and merges); each further line a pipeline around one of them.
"""
import json
import random
import sys
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

CORPUS = ["The sky is blue, isn't it? Yes!", "Über den Wolken: 3,5 Grad.", "don't stop me now, I'm having such a good time",
          "1234567890 tokens and 42 more", "naïve café résumé", "日本語のテキスト と 漢字", "a b  c   d", "def f(x): return x + 1"]
TEXTS = ["Hello, world! It's 12.5 ° isn't it ?", " leading and trailing ", "tabs\tand\nnew lines\r\n\n", "１２３ ½ ² ٣ Ⅷ 42a7", "a\ufeffb \u200b c\u00a0d\u0085e",
         "日本語カタカナー ひらがな 漢字と", "ΑΣ ΟΔΟΣ İstanbul Straße", "e\u0301 é ﬁ ｆｕｌｌ ①", "emoji 👩‍👩‍👧 🇩🇪 \U0001d54f", "", " ", "...!?--- ''", "don 't do not I 'm we 've , .",
         "<|eos|>x<|eos|> <mask> mask <mask>s", "a<tok>b <tok> c tok", "x\x00\x07y\ufffdz", "مرحبا بالعالم", "שלום 123 мир", "aaaa bbbb aaaaab", "snake_case and-dash x2y", "\U00020000𠀀 龍"]


def models_of():
    byte = trainers.BpeTrainer(vocab_size=330, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    plain = trainers.BpeTrainer(vocab_size=160, special_tokens=["<unk>"], show_progress=False)
    made = {}
    made["byte-bpe"] = train(models.BPE(), byte, pre_tokenizers.ByteLevel(add_prefix_space=False))
    made["char-bpe"] = train(models.BPE(unk_token="<unk>"), plain, pre_tokenizers.Metaspace())
    fallback = dict(made["char-bpe"], byte_fallback=True, fuse_unk=True)
    fallback["vocab"] = {**{f"<0x{b:02X}>": b + 1 for b in range(256)}, "<unk>": 0, **{t: i + 257 for i, t in enumerate(t for t in made["char-bpe"]["vocab"] if t != "<unk>")}}
    made["fallback-bpe"] = fallback
    made["ignore-merges"] = dict(made["byte-bpe"], ignore_merges=True, vocab={**made["byte-bpe"]["vocab"], "Hello": len(made["byte-bpe"]["vocab"]), "Ġworld": len(made["byte-bpe"]["vocab"]) + 1})
    made["wordpiece"] = train(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=170, special_tokens=["[UNK]"], show_progress=False), pre_tokenizers.BertPreTokenizer())
    made["unigram"] = train(models.Unigram(), trainers.UnigramTrainer(vocab_size=120, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False), pre_tokenizers.Metaspace())
    with_bytes = made["unigram"]["vocab"] + [[f"<0x{b:02X}>", -20.0] for b in range(256)]
    made["unigram-bytes"] = dict(made["unigram"], vocab=with_bytes, byte_fallback=True)
    made["wordlevel"] = train(models.WordLevel(unk_token="[UNK]"), trainers.WordLevelTrainer(vocab_size=60, special_tokens=["[UNK]"], show_progress=False), pre_tokenizers.Whitespace())
    suffix = trainers.BpeTrainer(vocab_size=160, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False)
    made["suffix-bpe"] = train(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), suffix, pre_tokenizers.Whitespace())
    return made


def train(model, trainer, pre_tokenizer):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(CORPUS, trainer)
    return json.loads(tokenizer.to_str())["model"]


def normalizer(r):
    one = [lambda: {"type": r.choice(["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt"])},
           lambda: {"type": "Strip", "strip_left": r.random() < .5, "strip_right": r.random() < .5},
           lambda: {"type": "Prepend", "prepend": "▁"},
           lambda: {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
           lambda: {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
           lambda: {"type": "BertNormalizer", "clean_text": r.random() < .5, "handle_chinese_chars": r.random() < .5, "strip_accents": r.choice([None, True, False]), "lowercase": r.random() < .5}]
    kind = r.random()
    if kind < .35:
        return None
    if kind < .75:
        return r.choice(one)()
    return {"type": "Sequence", "normalizers": [r.choice(one)() for _ in range(r.randint(1, 3))]}


BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
REGEXES = [r"\s+", r"\p{N}{1,3}", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", r"\d+|\w+", r"[[:punct:]]"]


def pre_tokenizer(r, base):
    byte = lambda regex=None: {"type": "ByteLevel", "add_prefix_space": r.random() < .5, "trim_offsets": True, "use_regex": r.random() < .5 if regex is None else regex}
    meta = lambda: {"type": "Metaspace", "replacement": "▁", "prepend_scheme": r.choice(["always", "first", "never"]), "split": r.random() < .5}
    one = [lambda: {"type": r.choice(["Whitespace", "WhitespaceSplit", "BertPreTokenizer", "UnicodeScripts"])},
           lambda: {"type": "Punctuation", "behavior": r.choice(BEHAVIORS)},
           lambda: {"type": "Digits", "individual_digits": r.random() < .5},
           lambda: {"type": "Split", "pattern": {"Regex": r.choice(REGEXES)}, "behavior": r.choice(BEHAVIORS), "invert": r.random() < .5},
           lambda: {"type": "Split", "pattern": {"String": r.choice([" ", "a", "'"])}, "behavior": r.choice(BEHAVIORS), "invert": r.random() < .5},
           lambda: {"type": "CharDelimiterSplit", "delimiter": r.choice([" ", "e"])}]
    if base in ("byte-bpe", "ignore-merges"):
        if r.random() < .4:
            return byte()
        return {"type": "Sequence", "pretokenizers": [r.choice(one)() for _ in range(r.randint(1, 2))] + [byte(False)]}
    if base in ("char-bpe", "fallback-bpe", "unigram", "unigram-bytes"):
        return r.choice([lambda: None, meta, meta, lambda: {"type": "Sequence", "pretokenizers": [r.choice(one)(), meta()]}])()
    return r.choice(one)() if r.random() < .7 else {"type": "Sequence", "pretokenizers": [r.choice(one)(), r.choice(one)()]}


def decoder(r, base):
    if base in ("byte-bpe", "ignore-merges"):
        return {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    if base == "wordpiece":
        return {"type": "WordPiece", "prefix": "##", "cleanup": r.random() < .5}
    if base == "suffix-bpe":
        return {"type": "BPEDecoder", "suffix": "</w>"}
    if base == "wordlevel":
        return None
    if base in ("fallback-bpe", "unigram-bytes") or r.random() < .3:
        steps = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]
        return {"type": "Sequence", "decoders": steps + ([{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if r.random() < .7 else [])}
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": r.choice(["always", "first", "never"]), "split": True}


def post_processor(r, ids):
    (bos, eos), kind = ids, r.random()
    if kind < .3:
        return None
    if kind < .45:
        return {"type": r.choice(["BertProcessing"]), "sep": ["<|eos|>", eos], "cls": ["<|bos|>", bos]}
    if kind < .6:
        return {"type": "RobertaProcessing", "sep": ["<|eos|>", eos], "cls": ["<|bos|>", bos], "trim_offsets": True, "add_prefix_space": False}
    item = lambda token: {"SpecialToken": {"id": token, "type_id": 0}}
    a, b = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}
    single = ([item("<|bos|>")] if r.random() < .7 else []) + [a] + ([item("<|eos|>")] if r.random() < .4 else [])
    template = {"type": "TemplateProcessing", "single": single, "pair": single + [b, item("<|eos|>")],
                "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in (("<|bos|>", bos), ("<|eos|>", eos))}}
    return template if r.random() < .6 else {"type": "Sequence", "processors": [{"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}, template]}


def added(r, first):
    flags = lambda special: {"single_word": r.random() < .3, "lstrip": r.random() < .3, "rstrip": r.random() < .3, "normalized": (r.random() < .5 and not special), "special": special}
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    tokens = [dict(id=first, content="<|bos|>", **plain), dict(id=first + 1, content="<|eos|>", **plain)]
    if r.random() < .7:
        tokens.append(dict(id=first + 2, content="<mask>", **flags(True)))
    if r.random() < .7:
        tokens.append(dict(id=first + len(tokens), content="<tok>", **flags(False)))
    if r.random() < .3:
        tokens.append(dict(id=first + len(tokens), content="mask", **flags(False)))
    return tokens


def main(count, seed):
    made = models_of()
    print(json.dumps({"models": made}, ensure_ascii=False))
    r = random.Random(seed)
    for number in range(count):
        base = r.choice(list(made))
        size = len(made[base]["vocab"])
        tokens = added(r, size)
        file = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer(r), "pre_tokenizer": pre_tokenizer(r, base),
                "post_processor": post_processor(r, (size, size + 1)), "decoder": decoder(r, base)}
        cleans = r.choice([None, True, False])
        config = {"bos_token": "<|bos|>", "eos_token": "<|eos|>"} | ({} if cleans is None else {"clean_up_tokenization_spaces": cleans})
        try:
            inner = Tokenizer.from_str(json.dumps(file | {"model": made[base]}))
        except Exception as error:
            print(base, error, file=sys.stderr)
            continue
        outer = PreTrainedTokenizerFast(tokenizer_object=inner, **config)
        texts = []
        for text in r.sample(TEXTS, 6):
            ids = outer.encode(text, add_special_tokens=False)
            row = {"text": text, "ids": ids, "decoded": outer.decode(ids), "skipped": outer.decode(ids, skip_special_tokens=True)}
            around = outer.encode(text)
            if around != ids:
                row["around"] = around
            texts.append(row)
        pair = outer("one", "two more", return_token_type_ids=True)
        line = {"base": base, "file": file, "config": config, "texts": texts, "pair": [pair["input_ids"], pair["token_type_ids"]]}
        print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main(160, 15)
