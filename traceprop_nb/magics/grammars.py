"""The grammar of every magic: the only place that says which options there are.

Parsing, ``--help``, ``?``, Tab and the tests all read these parsers.
"""

from __future__ import annotations

from traceprop_nb.magics.arguments import MagicParser, assignment, one_of, positive
from traceprop_nb.tracing.rewrite import GRANULARITIES

SAVED_LINEAGE = ".svg, .html, .dot or .json"


def _trace_cell() -> MagicParser:
    parser = MagicParser(
        "%%trace",
        "Record the lineage of everything this cell computes, and show what it added.",
        "The cell runs as it would without the header: same values, output, errors and await.",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="what to call the cell")
    parser.add_argument(
        "--granularity", type=one_of(*GRANULARITIES), help="how much of a loop is kept"
    )
    parser.add_argument("--quiet", action="store_true", help="show nothing after the cell")
    return parser


def _trace_line() -> MagicParser:
    parser = MagicParser(
        "%trace",
        "Trace every cell from the next one on, or say what has been traced so far.",
        "on: every cell is traced. off: only cells under %%trace. status: operations, sources and\n"
        "cost so far. reset: forget all of it. verify [CELL]: run a cell again on copies and\n"
        "check its lineage against what changes. modules [NAME ...]: trace your own modules\n"
        "too, from their next import on.",
    )
    words = one_of("on", "off", "status", "reset", "verify", "modules")
    what = "on|off|status|reset|verify|modules"
    parser.add_argument("what", metavar=what, nargs="?", type=words)
    parser.add_argument("more", metavar="CELL|NAME", nargs="*", help="what it is about")
    return parser


def _train() -> MagicParser:
    parser = MagicParser(
        "%%train",
        "Trace this cell and record the training in it: rows, parameters, checkpoints, loss.",
        "The training itself stays as it is; parameters are equal bit for bit.",
    )
    parser.add_argument("name", metavar="NAME", help="what to call the run")
    parser.add_argument("--model", metavar="M", help="variable that holds the model")
    parser.add_argument("--loss", metavar="L", help="the loss, where it cannot be seen")
    parser.add_argument(
        "--proj-dim", metavar="K", type=positive, help="dimensions kept of a larger gradient"
    )
    parser.add_argument("--checkpoints", metavar="N", type=positive, help="checkpoints to keep")
    parser.add_argument(
        "--sources", metavar="S", nargs="+", default=(), help="sources the rows come from"
    )
    parser.add_argument(
        "--rows", metavar="X,y", default="", help="JAX: the rows trained on and their labels"
    )
    parser.add_argument("--predict", metavar="F", help="JAX: function (params, X) of the outputs")
    parser.add_argument("--fit", metavar="F", help="JAX: function (X, y, seed) that trains anew")
    parser.add_argument(
        "--shards", action="store_true", help="all models of the cell are one, and vote"
    )
    return parser


def _lineage() -> MagicParser:
    parser = MagicParser(
        "%lineage",
        "Show where a value comes from; without OBJ, the whole session.",
        "%lineage X_train --row 17     the source rows behind row 17, and the path\n"
        "%lineage df --focus up --save lineage.svg",
    )
    parser.add_argument("value", metavar="OBJ", nargs="*", help="a variable or expression")
    parser.add_argument("--row", metavar="I", type=int, help="one row of it, counted from 0")
    parser.add_argument("--focus", type=one_of("up", "down"), help="only causes, or only effects")
    parser.add_argument("--depth", metavar="K", type=positive, help="at most K steps away")
    parser.add_argument("--column", metavar="C", help="with --row: the source cells in that cell")
    parser.add_argument(
        "--deep", metavar="BATCH", help="of a PyTorch module: the operations in its call on a batch"
    )
    parser.add_argument("--code", action="store_true", help="the script that makes the value again")
    parser.add_argument("--save", metavar="FILE", help=f"write {SAVED_LINEAGE}; with --code, .py")
    return parser


def _influence() -> MagicParser:
    parser = MagicParser(
        "%influence",
        "Which training rows drove a prediction. Positive: without the row its loss would rise.",
        "%influence X_test[412] -k 20\n%influence X_test[:5] --y y_test[:5] --by source",
    )
    parser.add_argument("value", metavar="EXPR", nargs="+", help="the rows to explain")
    parser.add_argument("--y", metavar="EXPR", help="their true outcomes; else the predicted ones")
    parser.add_argument("-k", metavar="K", type=positive, help="rows to list")
    parser.add_argument("--by", type=one_of("row", "source"), default="row", help="row or source")
    parser.add_argument("--run", metavar="NAME", help="the training run; the last by default")
    parser.add_argument("--method", metavar="METHOD", default="auto", help="the estimator")
    parser.add_argument(
        "--estimand", metavar="E", default="leave_one_out",
        help="leave_one_out, half_subset or shapley",
    )  # fmt: skip
    parser.add_argument("--save", metavar="FILE.csv", help="write the table")
    return parser


def _unlearn() -> MagicParser:
    parser = MagicParser(
        "%unlearn",
        "What the model would be without some of its training rows. The model is not touched.",
        "%unlearn --source hospital_a.csv --gold\n%unlearn --rows 1,5,9-12\n"
        "%unlearn --subject patient=P0017 --gold 5 --evaluate X_test,y_test",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--source", metavar="ID", help="every row of a source")
    what.add_argument("--rows", metavar="1,5,9-12", help="training rows, or an expression for them")
    what.add_argument("--where", metavar="EXPR", help="rows for which it holds")
    what.add_argument("--reached", metavar="FILE:RECORD", help="what this record of a file reached")
    what.add_argument(
        "--influence", metavar="ANSWER", help="the rows that an influence table lists"
    )
    what.add_argument("--subject", metavar="COLUMN=KEY", help="every row of a person")
    parser.add_argument(
        "--gold", metavar="SEEDS", nargs="?", type=positive, const=True, default=False,
        help="retrain too, and compare; how often",
    )  # fmt: skip
    parser.add_argument("--background", action="store_true", help="retrain while you go on")
    parser.add_argument("--evaluate", metavar="X,y", help="held-out rows to measure on")
    parser.add_argument("--method", metavar="METHOD", default="auto", help="how to forget")
    parser.add_argument("--run", metavar="NAME", help="the training run; the last by default")
    return parser


def _subject() -> MagicParser:
    parser = MagicParser(
        "%subject",
        "Where one person's rows went: files, values, batches, runs, models; what was not seen.",
        "%subject patient=P0017",
    )
    parser.add_argument("who", metavar="COLUMN=KEY", nargs="+", help="the column and the cell")
    return parser


def _valuation() -> MagicParser:
    parser = MagicParser(
        "%valuation",
        "What each training row, source or cleaning step is worth on held-out rows.",
        "%valuation --val X_test,y_test --by source --save values.csv",
    )
    parser.add_argument("--val", metavar="X,y", required=True, help="held-out rows and labels")
    parser.add_argument(
        "--by", type=one_of("row", "source", "op"), default="row", help="row, source or op"
    )
    parser.add_argument("--method", metavar="METHOD", default="knn-shapley", help="the estimator")
    parser.add_argument("-k", metavar="K", type=positive, default=10, help="neighbours")
    parser.add_argument("--run", metavar="NAME", help="the training run; the last by default")
    parser.add_argument("--save", metavar="FILE.csv", help="write every row's value")
    return parser


def _policy() -> MagicParser:
    parser = MagicParser(
        "%policy",
        "Rules about where tagged values may go, looked at before a cell runs.",
        "%policy on built-in\n%policy check 7\n%policy reason special-into-model bias is measured\n"
        "list: the rules in force. check CELL: what they say to that cell; nothing runs.\n"
        "replay: what they would have said to the session so far.",
    )
    words = one_of("list", "on", "off", "check", "replay", "reason")
    parser.add_argument("what", metavar="list|on|off|check|replay|reason", nargs="?", type=words)
    parser.add_argument("words", metavar="PACK|CELL|RULE", nargs="*", help="what it is about")
    return parser


def _report() -> MagicParser:
    parser = MagicParser(
        "%report",
        "What this session can prove about itself, as a record; what it cannot is said.",
        '%report --set purpose="triage support" --save record.html\n'
        "session: all of it. model: technical documentation, point by point. deployer: duties in\n"
        "operation, by paragraph. erasure: where a person's data were, and what was erased.",
    )
    parser.add_argument(
        "kind", metavar="KIND", nargs="?", default="session", help="session, model, deployer, ..."
    )
    parser.add_argument(
        "--set",
        metavar="field=value",
        dest="stated",
        type=assignment,
        action="append",
        default=[],
        help="state what no trace can show, into the log too; repeatable",
    )
    parser.add_argument("--by", metavar="WHO", help="who states it")
    parser.add_argument("--of", metavar="VALUE", help="a traced value that the record is about")
    parser.add_argument(
        "--as-of", metavar="DAY", dest="as_of", help="the law as it read on that day"
    )
    parser.add_argument("--save", metavar="FILE", help="write .json, .html, .pdf or .zip")
    return parser


def _export() -> MagicParser:
    parser = MagicParser(
        "%export",
        "Write this session in another tool's format; tp.import_lineage reads some of them back.",
        "%export prov-json --save lineage.prov.json\n"
        "prov-json, prov-turtle, openlineage, cyclonedx, model-card, croissant, in-toto,\n"
        "in-toto-signed, opentelemetry; mlflow saves to a tracking address.",
    )
    parser.add_argument("format", metavar="FORMAT", help="which format")
    parser.add_argument("--save", metavar="PATH", required=True, help="where to")
    parser.add_argument(
        "--detail", type=one_of("named", "all"), default="named", help="named values, or all"
    )
    return parser


TRACE_CELL = _trace_cell()
TRACE_LINE = _trace_line()
TRAIN = _train()
LINEAGE = _lineage()
INFLUENCE = _influence()
UNLEARN = _unlearn()
SUBJECT = _subject()
VALUATION = _valuation()
POLICY = _policy()
REPORT = _report()
EXPORT = _export()

PARSERS = {
    parser.prog: parser
    for parser in (
        TRACE_CELL,
        TRACE_LINE,
        TRAIN,
        LINEAGE,
        INFLUENCE,
        UNLEARN,
        SUBJECT,
        VALUATION,
        POLICY,
        REPORT,
        EXPORT,
    )
}
