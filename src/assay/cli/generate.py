"""assay generate"""

from __future__ import annotations

from pathlib import Path

from assay.cli.output import Json, print_json


def generate(
    *,
    run: Path,
    prompt: str = "",
    tokens: int = 100,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    json_: Json = False,
) -> None:
    """Write on after a prompt, for a look at what a model has learned.

    Parameters
    ----------
    run
        Folder that ``assay train`` made, or of a Llama of Hugging Face transformers.
    prompt
        What the text begins with; by default a new document begins.
    tokens
        How many to add at most. It ends before them with the document, or when the model's context is full.
    temperature
        Below 1 likely tokens become likelier; 0 always takes the likeliest.
    top_k
        Draw from so many of the likeliest tokens only.
    top_p
        Draw from the fewest likeliest tokens that have this probability together.
    seed
        The same seed draws the same text.

    """
    from assay.base.settings import validate
    from assay.models.generate import generate as write_on
    from assay.models.sampling import Sampling

    settings = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    text = write_on(run, prompt, tokens, validate(Sampling, settings, "assay generate"), seed)
    if json_:
        print_json({"prompt": prompt, "text": text, "seed": seed, **settings})
    else:
        print(prompt + text)
