"""A small table of SentencePiece's own replacements, and what tokenizers makes of texts with it.

    python precompiled.py > ../../../packages/core/test/golden/combinations/precompiled.json     (needs sentencepiece)
"""
import base64
import json
import tempfile
from pathlib import Path
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers.normalizers import Precompiled
from tokenizer_files import CORPUS, TEXTS

RULES = {"FB01": "0066 0069", "00E9": "0065", "0065 0301": "0065", "2460": "0031", "FF46": "0066", "200B": "", "0085": "0020", "1F600": "003A 0029", "3000": "0020", "0041 0042": "0043"}

with tempfile.TemporaryDirectory() as folder:
    at = Path(folder)
    (at / "corpus").write_text("\n".join(CORPUS * 20))
    (at / "rules").write_text("".join(f"{source}\t{target}\n" for source, target in RULES.items()))
    sentencepiece.SentencePieceTrainer.train(input=str(at / "corpus"), model_prefix=str(at / "m"), vocab_size=90, hard_vocab_limit=False,
                                             minloglevel=2, normalization_rule_tsv=str(at / "rules"))
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((at / "m.model").read_bytes())

table = model.normalizer_spec.precompiled_charsmap
normalizer = Precompiled(table)
texts = [[text, normalizer.normalize_str(text)] for text in TEXTS + ["AB \ufb01 \u00e9\u2460 \U0001f600\u3000x", "\uac00\u11a8\u1100", "\u01c5 \u01c4 \ufdfa"]]
print(json.dumps({"charsmap": base64.b64encode(table).decode(), "texts": texts}, ensure_ascii=False))
