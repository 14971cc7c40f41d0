"""How a model of others, that encodes pictures or texts for models here, is given them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Path = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
Shift = Annotated[float, Field(allow_inf_nan=False)]
Scale = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Encoding(BaseModel):
    """A model of others by the SHA-256 of its files, and what it is given.

    Attributes:
        name: what people read, such as resnet18.
        sha256: of its ONNX file.
        tokenizer_sha256: of texts, that of the file of Hugging Face's tokenizers.
        side: of pictures, in dots: it takes (n, 3, side, side).
        mean: of each channel; it is given (value / 255 - mean) / deviation.
        deviation: likewise.
        longest: of texts, in tokens; what is longer is cut.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80)]
    sha256: Digest
    tokenizer_sha256: Digest | None = None
    side: Annotated[int, Field(ge=8, le=1024)] = 224
    mean: tuple[Shift, Shift, Shift] = (0.485, 0.456, 0.406)
    deviation: tuple[Scale, Scale, Scale] = (0.229, 0.224, 0.225)
    longest: Annotated[int, Field(ge=8, le=4096)] = 256

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class Encoder(Encoding):
    """What encodes inputs for a model, as its repository says it.

    Attributes:
        path: of its ONNX file in the repository, which is not there where its licence does
            not let it be passed on; then it is asked of whoever runs the model.
        tokenizer: of texts, likewise.
    """

    path: Path
    tokenizer: Path = ""
