"""The command line: one file a verb, imported when it is called. Data goes to stdout, everything else to stderr.

Exit codes: 0 done, 1 a check failed or the machine refused, 2 the input or usage is wrong, 130 interrupted.
"""

from __future__ import annotations

import sys
import traceback

from cyclopts import App, CycloptsError

from assay import __version__

_VERBS = {
    "demo": """A real comparison of curation recipes on the text this installation already holds; no download.

    Trains twelve very small language models and says which recipe made the better ones, by how much, and how sure that
    is. Takes a few minutes on two cores. Run it again and it goes on from where it was.""",
    "run": """An experiment: pool × recipes × scales × seeds → verdict.

    What is there already is not made again; after a kill or Ctrl-C the same command goes on.""",
    "status": "How far an experiment is: its stages, the last losses, the time that training will take.",
    "curate": "A recipe over a pool: makes a dataset.",
    "compare-recipes": "How far two recipes, or two dialects of one rule, disagree, and on which documents.",
    "measure": """What the filters of a recipe measure on every document of a pool, to move their thresholds afterwards.

    Filters drop nothing here. ``assay curate --statistics DIR`` makes datasets of it without measuring again, for any
    bounds; ``assay inspect DIR`` shows what other bounds would keep.""",
    "inspect": """What each step of a recipe dropped, beside what it kept; or what other thresholds would keep.

    Of a dataset: the samples of each step. Of statistics (``assay measure``): how many documents each step keeps, and
    with --set what changes. --page writes an HTML page to look at either; with sliders for statistics.""",
    "ablate": """A recipe minus each of its steps in turn: what each step costs and, with --train, what it brings.""",
    "reshard": "A subset of image–text pairs into the shards to train on.",
    "contamination": "How much of evaluation tasks a dataset holds.",
    "tokenize": "A dataset into token shards.",
    "train": "A model by a fixed recipe (a scale) on token shards or a dataset.",
    "generate": "What a model writes after a prompt.",
    "export": "A run as a folder for transformers, lm-evaluation-harness and vLLM.",
    "evaluate": "A run on a suite of tasks.",
    "aggregate": "CORE, EXTENDED, MMLU and the means of categories, as DCLM forms them, of a model's scores.",
    "compare": "Two evaluations on the same questions: paired differences, with intervals and tests.",
    "leaderboard": "Evaluated models by CORE: own runs among those that DCLM published.",
    "report": "The leaderboard in the terminal, and one self-contained HTML page.",
    "fit": """Scaling laws of trained models: constants, held-out errors, a forecast with its intervals.

    The loss law in parameters and tokens per parameter, and from loss to the error on tasks.""",
    "plan": "Which small runs to make for a budget, and how sure the forecast will be.",
    "verify": "Re-hash an artifact and everything it was made from.",
    "diff": "What differs between two artifacts and in what they were made from: settings, inputs, files, environment.",
    "list": "The recipes, scales, suites and steps of the catalog.",
    "records": "List and filter the artifacts below a folder.",
    "extract-score": "How well HTML extractors find the main text of pages with a known answer, and how fast.",
    "invert": "An encoder that sees corrupted images as another sees clean ones, trained without labels.",
    "probe": "How good a student's embeddings of corrupted images are, beside what else the same labels could do.",
    "robustness": "The curve of an image encoder over corruptions and their levels.",
    "minimize": "A two-layer ReLU network, such as the head of a quality filter, with fewer hidden units.",
}

app = App(
    name="assay",
    help="""Which training data makes the better model: curate, train, evaluate, and a verdict with honest confidence.

    With --debug, any command shows the traceback of an error.""",
    version=__version__,
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)
for _verb, _help in _VERBS.items():
    _module = _verb.replace("-", "_")
    _function = "list_" if _verb == "list" else _module
    app.command(f"assay.cli.{_module}:{_function}", name=_verb, help=_help)
_pool = App(name="pool", help="Get a pool of raw candidates, and look at it.")
_pool.command("assay.cli.pool:stats", name="stats", help="What the files of a pool hold, and what cannot be read.")
_fetch = App(name="fetch", help="Download a pool: the same request gives the same files.")
_fetch.command("assay.cli.fetch:commoncrawl", name="commoncrawl", help="WARC or WET files of Common Crawl.")
for _scale in ("small", "medium", "large", "xlarge", "1b"):
    _help = f"DataComp's {_scale} pool: metadata from the hub, and its images."
    _fetch.command(f"assay.cli.fetch_pairs:datacomp_{_scale}", name=f"datacomp:{_scale}", help=_help)
_fetch.command("assay.cli.fetch_pairs:emoji", name="emoji", help="A small image–text pool of emoji, from npm packages.")
_pool.command(_fetch)
app.command(_pool)
_tasks = App(name="tasks", help="The tasks of a suite: their data, and what the model is asked.")
_tasks.command("assay.cli.tasks:list_", name="list", help="The tasks, and whether their data are here.")
_tasks.command("assay.cli.tasks:show", name="show", help="The exact prompts of a task, as the model sees them.")
_tasks.command("assay.cli.tasks:fetch", name="fetch", help="Get the data of tasks.")
app.command(_tasks)
_tokenizer = App(name="tokenizer", help="A tokenizer of one's own, or one in the format of another program.")
_tokenizer.command("assay.cli.tokenizer:train", name="train", help="A byte-level BPE, trained on a dataset.")
_tokenizer.command(
    "assay.cli.tokenizer:convert", name="convert", help="A file of ranks in tiktoken's format into a tokenizer.json."
)
app.command(_tokenizer)
_mix = App(name="mix", help="How much of each source to train on.")
_mix.command("assay.cli.mix:search", name="search", help="Weights proposed from small runs by a mixing law.")
app.command(_mix)
_paper = App(name="paper", help="A paper's experiment, at any size, on any pool.")
_paper.command("assay.cli.paper:dclm", name="dclm", help="DataComp-LM: the curation ladder on a pool.")
_paper.command("assay.cli.paper:scaling", name="scaling", help="Over-training and tasks: the published models.")
_paper.command("assay.cli.paper:tropical", name="tropical", help="Tropical division: networks made smaller.")
app.command(_paper)

_DEBUG = "--debug"


def main() -> None:
    """Run the command line and exit."""
    arguments = [argument for argument in sys.argv[1:] if argument != _DEBUG]
    sys.exit(invoke(arguments, debug=_DEBUG in sys.argv))


def invoke(arguments: list[str], debug: bool = False) -> int:
    """Run one command; returns the exit code."""
    from assay.base.errors import AssayError

    try:
        result = app(arguments, exit_on_error=False)
        return result if isinstance(result, int) else 0
    except CycloptsError:
        return 2  # cyclopts has printed what is wrong
    except AssayError as error:
        if debug:
            traceback.print_exc()
        sys.stderr.write(f"error: {error}\n" if error.exit_code else f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; run the same command again to go on from here\n")
        return 130
    except BrokenPipeError:
        return 0
