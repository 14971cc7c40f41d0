"""Make a tiny model, push it with its tokenizer, and load it from the hub."""

import torch
from huggingface_hub import HfApi
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertModel,
    PreTrainedTokenizerFast,
)
from words import tell, told

asked = told()
words = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "good", "day"])}
plain = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
plain.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=plain, pad_token="[PAD]", unk_token="[UNK]"
)
torch.manual_seed(asked.seed)
config = BertConfig(
    vocab_size=len(words),
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=32,
)
model = BertModel(config).eval()
model.push_to_hub(asked.repository)
tokenizer.push_to_hub(asked.repository)
loaded = AutoModel.from_pretrained(asked.repository).eval()
split = AutoTokenizer.from_pretrained(asked.repository)
batch = split(["good day", "good"], padding=True, return_tensors="pt")
with torch.no_grad():
    expected = model(input_ids=batch["input_ids"]).last_hidden_state
    given = loaded(input_ids=batch["input_ids"]).last_hidden_state
info = HfApi().model_info(asked.repository)
tell(
    ids=batch["input_ids"].tolist(),
    same=bool(torch.equal(expected, given)),
    files=sorted(each.rfilename for each in info.siblings),
    library=info.library_name,
    tags=info.tags,
)
