"""Licences written for models: OpenMDW, the OpenRAIL family, Llama, Gemma."""

from licensing.facts import Facts, Results
from licensing.marked import gettext_noop

_SCANCODE = "LicenseRef-scancode-{}"
_TEXT = "include-licence-text"


def _rail(
    licence_id: str,
    name: str,
    url: str,
    *,
    distils: str,
    copy: str = "s.4(a), 4(b), 4(d)",
    adapt: str = "s.4(a) to 4(d)",
    changes: str = "indicate-changes",
) -> Facts:
    """Return a licence whose restrictions on use must bind whoever receives the model.

    Args:
        licence_id: as scancode has it, where SPDX has none.
        name: for people.
        url: where its text is.
        distils: the section that counts distillation as making a derivative.
        copy: the sections on giving out a copy.
        adapt: the sections on giving out a derivative.
        changes: the duty about what was changed.
    """
    kept = ("use-restrictions", _TEXT, "retain-notices")
    return Facts(
        id=licence_id,
        name=name,
        url=url,
        summary=gettext_noop(
            "You may use, change, sell and pass on the model, not for the uses that "
            "its attachment forbids. Bind everyone you give it to by those restrictions, "
            "with a copy of the licence and its notices. A model taught by this one's "
            "outputs is a derivative. Outputs are yours, within the restrictions."
        ),
        carried_by=frozenset({licence_id}),
        copy_duties=kept,
        adapt_duties=(*kept, changes),
        results=Results.ADAPTATION,
        outputs=Results.DUTIES,
        output_duties=("use-restrictions",),
        clauses={
            "grant": "s.2, 3",
            "copy": copy,
            "adapt": adapt,
            "carried": copy.partition(",")[0],
            "restrictions": "s.5, Attachment A",
            "irrevocable": "s.2, 3",
            "results": distils,
            "outputs": "s.6",
            "distilled": distils,
        },
    )


def _llama(version: str, licence_id: str, url: str) -> Facts:
    """Return the agreement of Llama 3 and later, which one wording serves."""
    kept = (_TEXT, "built-with-llama", "notice-file", "acceptable-use-policy")
    return Facts(
        id=licence_id,
        name=f"Llama {version} Community License Agreement",
        url=url,
        summary=gettext_noop(
            "You may use, change and pass on the model, within Meta's acceptable "
            "use policy, with a copy of the agreement, its notice and “Built with Llama”. "
            "The name of a model made from it, or taught by its outputs, begins with "
            "“Llama”. Whoever had more than 700 million monthly users asks Meta first."
        ),
        carried_by=frozenset({licence_id}),
        copy_duties=kept,
        adapt_duties=(*kept, "name-begins-llama"),
        results=Results.ADAPTATION,
        outputs=Results.DUTIES,
        output_duties=("acceptable-use-policy",),
        distilled=Results.DUTIES,
        distil_duties=("acceptable-use-policy", "name-begins-llama"),
        clauses={
            "grant": "s.1(a)",
            "copy": "s.1(b)(i), 1(b)(iii), 1(b)(iv)",
            "adapt": "s.1(b)(i), 1(b)(iii), 1(b)(iv)",
            "carried": "s.1(b)(i), 1(b)(iv)",
            "restrictions": "s.1(b)(iv), s.2",
            "irrevocable": "s.6",
            "results": "s.1(b)(i)",
            "outputs": "s.1(b)(iv)",
            "distilled": "s.1(b)(i), 1(b)(iv)",
        },
    )


def _gemma(dated: str, licence_id: str) -> Facts:
    kept = ("use-restrictions", _TEXT, "notice-file")
    return Facts(
        id=licence_id,
        name=f"Gemma Terms of Use, {dated}",
        url="https://ai.google.dev/gemma/terms",
        summary=gettext_noop(
            "You may use, change and pass on the model, not for the uses that "
            "Google's policy prohibits. Bind everyone you give it to by those "
            "restrictions, with a copy of the terms and a notice. A model taught by this "
            "one's outputs is a derivative. Google claims no rights in outputs."
        ),
        carried_by=frozenset({licence_id}),
        copy_duties=kept,
        adapt_duties=(*kept, "indicate-changes"),
        results=Results.ADAPTATION,
        outputs=Results.DUTIES,
        output_duties=("use-restrictions",),
        clauses={
            "grant": "s.2.2",
            "copy": "s.3.1",
            "adapt": "s.3.1",
            "carried": "s.3.1",
            "restrictions": "s.3.2",
            "irrevocable": "s.4.5",
            "results": "s.1.1(e)",
            "outputs": "s.3.2, 3.3",
            "distilled": "s.1.1(e)",
        },
    )


_LLAMA_2 = _SCANCODE.format("llama-2-license-2023")
RECORDS = (
    Facts(
        id="OpenMDW-1.0",
        name="Open Model, Data and Weights License 1.0",
        url="https://openmdw.ai/license/1-0/",
        summary=gettext_noop(
            "You may use, change, sell and pass on the model and what comes with "
            "it, keeping the licence and the notices. Outputs are free of duties."
        ),
        permits_relicensing=True,
        copy_duties=(_TEXT, "retain-notices"),
        adapt_duties=(_TEXT, "retain-notices"),
        clauses={
            "grant": "para. 3",
            "copy": "para. 4",
            "adapt": "para. 4",
            "irrevocable": "para. 3, 5",
            "results": "para. 6",
        },
    ),
    _rail(
        _SCANCODE.format("bigscience-open-rail-m"),
        "BigScience OpenRAIL-M",
        "https://www.licenses.ai/blog/2022/8/26/bigscience-open-rail-m-license",
        distils="s.1(e)",
    ),
    _rail(
        _SCANCODE.format("bigscience-rail-1.0"),
        "BigScience RAIL 1.0 (BLOOM)",
        "https://huggingface.co/spaces/bigscience/license",
        distils="s.1, definition 5",
        copy="s.4 items 1, 2 and 4",
        adapt="s.4 items 1 to 4",
    ),
    _rail(
        _SCANCODE.format("bigscience-open-rail-m2"),
        "CreativeML Open RAIL++-M",
        "https://huggingface.co/stabilityai/stable-diffusion-2/blob/main/LICENSE-MODEL",
        distils="s.1, Derivatives of the Model",
        copy="s.4",
        adapt="s.4",
    ),
    _rail(
        _SCANCODE.format("stable-diffusion-2022-08-22"),
        "CreativeML OpenRAIL-M",
        "https://huggingface.co/spaces/CompVis/stable-diffusion-license",
        distils="s.1, Derivatives of the Model",
        copy="s.4",
        adapt="s.4",
    ),
    _rail(
        _SCANCODE.format("bigcode-open-rail-m-v1"),
        "BigCode OpenRAIL-M 1",
        "https://huggingface.co/spaces/bigcode/bigcode-model-license-agreement",
        distils="s.1(i)",
        copy="s.5.1, 5.2",
        adapt="s.5.1, 5.2",
        changes="document-changes",
    ),
    Facts(
        id=_LLAMA_2,
        name="Llama 2 Community License Agreement",
        url="https://ai.meta.com/llama/license/",
        summary=gettext_noop(
            "You may use, change and pass on the model, within Meta's acceptable use "
            "policy, with a copy of the agreement and its notice. Neither the model nor "
            "its outputs may improve another large language model. Whoever had more than "
            "700 million monthly users asks Meta first."
        ),
        carried_by=frozenset({_LLAMA_2}),
        copy_duties=(_TEXT, "notice-file", "acceptable-use-policy"),
        adapt_duties=(_TEXT, "notice-file", "acceptable-use-policy"),
        results=Results.ADAPTATION,
        outputs=Results.DUTIES,
        output_duties=("acceptable-use-policy", "improves-no-other-model"),
        distilled=Results.FORBIDDEN,
        clauses={
            "grant": "s.1(a)",
            "copy": "s.1(b)(i), 1(b)(iii), 1(b)(iv)",
            "adapt": "s.1(b)(i), 1(b)(iii), 1(b)(iv)",
            "carried": "s.1(b)(i), 1(b)(iv)",
            "restrictions": "s.1(b)(iv), 1(b)(v), s.2",
            "irrevocable": "s.6",
            "results": "s.1(b)(v)",
            "outputs": "s.1(b)(iv), 1(b)(v)",
            "distilled": "s.1(b)(v)",
        },
    ),
    _llama(
        "3", "LicenseRef-Llama-3-Community", "https://llama.meta.com/llama3/license/"
    ),
    *(
        _llama(
            version,
            _SCANCODE.format(f"llama-{version}-license-2024"),
            f"https://www.llama.com/llama{version.replace('.', '_')}/license/",
        )
        for version in ("3.1", "3.2", "3.3")
    ),
    _llama(
        "4",
        _SCANCODE.format("llama-4-cla-2025"),
        "https://www.llama.com/llama4/license/",
    ),
    _gemma("1 April 2024", _SCANCODE.format("gemma-tou-2024-04-01")),
    _gemma("24 March 2025", _SCANCODE.format("gemma-tou-2025-03-24")),
)
