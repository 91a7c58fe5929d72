"""w2s from Python: compile an experiment, run it, read its results. One file over libw2s (ctypes).

    import w2s
    results = w2s.compile("digits.w2s", set={"lambda": 0.5}, seeds="0..4").run()
    for r in results:
        print(r.metric, r.model, r.on, r.params, r.mean, r.low, r.high, r.values)
    print(results.claims, results.digest)

Numbers that do not exist are nan; lists are plain Python lists, and `values` goes into numpy.array
as it is. The library is found as libw2s.so.0, or at the path in W2S_LIBRARY. The header w2s.h is
the manual of what lies below.
"""
import ctypes
import os
from collections import namedtuple
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_double, c_int, c_int64
from ctypes import c_size_t, c_uint, c_uint32, c_void_p

OK, MISUSE, SOURCE, MISSING, IO, INTERRUPTED = 0, 64, 65, 66, 74, 130
STARTED, EPOCH, FINISHED = 0, 1, 2


class Error(Exception):
    """Something failed. `status` is that of the command line; `hint` says what to do, or is ""."""

    def __init__(self, status, text, hint=""):
        super().__init__(text + ("\n  " + hint if hint else ""))
        self.status, self.text, self.hint = status, text, hint


class SourceError(Error):
    """The file has mistakes: `diagnostics` has them in order, the text is what w2s check prints."""

    def __init__(self, messages, diagnostics):
        super().__init__(SOURCE, messages.rstrip("\n"))
        self.diagnostics = diagnostics


class RunError(Error):
    """A step failed, or the run was stopped. `results` has what was made all the same."""

    def __init__(self, error, results):
        super().__init__(error.status, error.text, error.hint)
        self.results = results


# line and column count from 1, 0 where there is no place; ends are exclusive
Span = namedtuple("Span", "line column end_line end_column")
Diagnostic = namedtuple("Diagnostic", "is_error code file message hint span other other_span")
Plan = namedtuple("Plan", "title steps points results claims seeds flop text")
Event = namedtuple("Event", "kind step label seed done total epoch epochs loss")
Result = namedtuple(
    "Result", "model on metric params control mean low high level interval values refused")
# held: True, False, or None where it was not tested
Claim = namedtuple("Claim", "title text params held difference bound level p p_holm")
Test = namedtuple("Test", "test models on metric params difference low high p_greater p p_holm exact "
                          "cliffs_delta refused")
Summary = namedtuple("Summary", "digest made known failed threads kernels seconds")


# --- the structs of w2s.h, in its order ----------------------------------------------------------

class _Error(Structure):
    _fields_ = [("status", c_int), ("text", c_char * 512), ("hint", c_char * 512)]


class _Span(Structure):
    _fields_ = [("line", c_uint32), ("column", c_uint32), ("end_line", c_uint32),
                ("end_column", c_uint32)]


class _Diagnostic(Structure):
    _fields_ = [("is_error", c_int), ("code", c_char_p), ("file", c_char_p), ("message", c_char_p),
                ("hint", c_char_p), ("span", _Span), ("other", c_char_p), ("other_span", _Span)]


class _Plan(Structure):
    _fields_ = [("title", c_char_p), ("n_steps", c_size_t), ("n_points", c_size_t),
                ("n_results", c_size_t), ("n_claims", c_size_t), ("n_seeds", c_size_t),
                ("seeds", POINTER(c_int64)), ("flop", c_double)]


class _Param(Structure):
    _fields_ = [("name", c_char_p), ("value", c_char_p), ("number", c_double)]


class _Event(Structure):
    _fields_ = [("kind", c_int), ("step", c_char_p), ("label", c_char_p), ("seed", c_int64),
                ("done", c_size_t), ("total", c_size_t), ("epoch", c_size_t),
                ("epochs", c_size_t), ("loss", c_double)]


_Progress = ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(_Event))


class _RunOptions(Structure):
    _fields_ = [("threads", c_uint), ("store", c_char_p), ("checkpoint_seconds", c_double),
                ("progress", _Progress), ("data", c_void_p)]


class _Result(Structure):
    _fields_ = [("model", c_char_p), ("on", c_char_p), ("metric", c_char_p), ("point", c_size_t),
                ("is_control", c_int), ("mean", c_double), ("low", c_double), ("high", c_double),
                ("level", c_double), ("interval", c_char_p), ("values", POINTER(c_double)),
                ("n_values", c_size_t), ("refused", c_char_p)]


class _Claim(Structure):
    _fields_ = [("title", c_char_p), ("text", c_char_p), ("point", c_size_t), ("held", c_int),
                ("difference", c_double), ("bound", c_double), ("level", c_double),
                ("p", c_double), ("p_holm", c_double)]


class _Test(Structure):
    _fields_ = [("test", c_char_p), ("first", c_char_p), ("second", c_char_p), ("on", c_char_p),
                ("metric", c_char_p), ("point", c_size_t), ("difference", c_double),
                ("low", c_double), ("high", c_double), ("p_greater", c_double), ("p", c_double),
                ("p_holm", c_double), ("is_exact", c_int), ("cliffs_delta", c_double),
                ("refused", c_char_p)]


class _Summary(Structure):
    _fields_ = [("digest", c_char * 65), ("n_made", c_size_t), ("n_known", c_size_t),
                ("n_failed", c_size_t), ("threads", c_uint), ("kernels", c_char_p),
                ("seconds", c_double)]


_SIGNATURES = {
    "w2s_version": (c_char_p, []),
    "w2s_kernels": (c_char_p, []),
    "w2s_compile_file": (c_void_p, [c_char_p, c_void_p, c_char_p, POINTER(_Error)]),
    "w2s_compile_text": (c_void_p, [c_char_p, c_char_p, c_size_t, c_char_p, c_void_p, c_char_p,
                                    POINTER(_Error)]),
    "w2s_experiment_free": (None, [c_void_p]),
    "w2s_is_right": (c_int, [c_void_p]),
    "w2s_n_diagnostics": (c_size_t, [c_void_p]),
    "w2s_diagnostic": (_Diagnostic, [c_void_p, c_size_t]),
    "w2s_messages": (c_char_p, [c_void_p]),
    "w2s_plan": (_Plan, [c_void_p]),
    "w2s_plan_text": (c_char_p, [c_void_p]),
    "w2s_n_params": (c_size_t, [c_void_p, c_size_t]),
    "w2s_param": (_Param, [c_void_p, c_size_t, c_size_t]),
    "w2s_run_new": (c_void_p, [c_void_p]),
    "w2s_run_free": (None, [c_void_p]),
    "w2s_run_execute": (c_int, [c_void_p, POINTER(_RunOptions), POINTER(_Error)]),
    "w2s_run_stop": (None, [c_void_p]),
    "w2s_n_results": (c_size_t, [c_void_p]),
    "w2s_run_result": (_Result, [c_void_p, c_size_t]),
    "w2s_n_claims": (c_size_t, [c_void_p]),
    "w2s_run_claim": (_Claim, [c_void_p, c_size_t]),
    "w2s_n_tests": (c_size_t, [c_void_p]),
    "w2s_run_test": (_Test, [c_void_p, c_size_t]),
    "w2s_run_summary": (_Summary, [c_void_p]),
}


def _load():
    library = ctypes.CDLL(os.environ.get("W2S_LIBRARY") or "libw2s.so.0")
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_library = _load()


def _text(value):
    return None if value is None else value.decode()


def _bytes(value):
    return None if value is None else os.fsencode(value)


def _number(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def version():
    return _text(_library.w2s_version())


def kernels():
    """The instruction set a run would use here."""
    return _text(_library.w2s_kernels())


# --- compiling -----------------------------------------------------------------------------------

def _settings(params):
    texts = ["%s=%s" % (name, _number(value)) for name, value in (params or {}).items()]
    return (c_char_p * (len(texts) + 1))(*[t.encode() for t in texts], None)


def compile(path, set=None, seeds=None):
    """The experiment in a file. `set` fixes params ({"lambda": 0.5}: values are numbers or
    expressions as text), `seeds` is "3", "0..4" or "[1, 5]". Raises Error, SourceError."""
    error = _Error()
    handle = _library.w2s_compile_file(_bytes(path), _settings(set), _bytes(seeds), byref(error))
    return Experiment(handle, error)


def compile_text(text, name="text", folder=".", set=None, seeds=None):
    """The same for a text; relative paths of data start at `folder`."""
    error = _Error()
    source = text.encode()
    handle = _library.w2s_compile_text(_bytes(name), source, len(source), _bytes(folder),
                                       _settings(set), _bytes(seeds), byref(error))
    return Experiment(handle, error)


def _span(span):
    return Span(span.line, span.column, span.end_line, span.end_column)


class Experiment:
    """What compile gives: plan, warnings, and run()."""

    def __init__(self, handle, error):
        self._handle = handle
        if handle is None:
            raise _raised(error)
        if not _library.w2s_is_right(handle):
            raise SourceError(_text(_library.w2s_messages(handle)), self.diagnostics)

    def __del__(self):
        handle, self._handle = getattr(self, "_handle", None), None
        if handle is not None:
            _library.w2s_experiment_free(handle)

    @property
    def diagnostics(self):
        """Warnings, since mistakes have been raised."""
        out = []
        for i in range(_library.w2s_n_diagnostics(self._handle)):
            d = _library.w2s_diagnostic(self._handle, i)
            out.append(Diagnostic(d.is_error != 0, _text(d.code), _text(d.file), _text(d.message),
                                  _text(d.hint), _span(d.span), _text(d.other),
                                  _span(d.other_span)))
        return out

    @property
    def plan(self):
        p = _library.w2s_plan(self._handle)
        return Plan(_text(p.title), p.n_steps, p.n_points, p.n_results, p.n_claims,
                    p.seeds[:p.n_seeds], p.flop, _text(_library.w2s_plan_text(self._handle)))

    def params(self, point):
        """The params of a point of the sweep, counted from 0: numbers, or their text."""
        out = {}
        for i in range(_library.w2s_n_params(self._handle, point)):
            p = _library.w2s_param(self._handle, point, i)
            out[_text(p.name)] = _text(p.value) if p.number != p.number else p.number
        return out

    def run(self, threads=0, store=None, checkpoint_seconds=0.0, progress=None):
        """Runs it: Results, or RunError. `store` is a folder where results are kept and found
        again. `progress` is called with an Event, from threads of the library; what it returns
        stops the run when it is true, and an exception stops it and is raised here."""
        return Results(self, threads, store, checkpoint_seconds, progress)


def _raised(error):
    return Error(error.status, _text(error.text), _text(error.hint))


# --- running -------------------------------------------------------------------------------------

def _event(e):
    return Event(e.kind, _text(e.step), _text(e.label), None if e.seed < 0 else e.seed, e.done,
                 e.total, e.epoch, e.epochs, e.loss)


class Results(list):
    """A list of Result, in the order of the file; claims, tests, summary and digest beside it."""

    def __init__(self, experiment, threads, store, checkpoint_seconds, progress):
        super().__init__()
        raised = []

        def tell(_, event):
            try:
                return 1 if progress(_event(event.contents)) else 0
            except BaseException as exception:  # raised again where run() was called
                raised.append(exception)
                return 1

        options = _RunOptions(threads, _bytes(store), checkpoint_seconds,
                              _Progress(tell) if progress else _Progress(), None)
        error = _Error()
        run = _library.w2s_run_new(experiment._handle)
        try:
            status = _library.w2s_run_execute(run, byref(options), byref(error))
            self._read(experiment, run)
        finally:
            _library.w2s_run_free(run)
        if raised:
            raise raised[0]
        if status != OK:
            raise RunError(_raised(error), self)

    def _read(self, experiment, run):
        params = [experiment.params(i) for i in range(experiment.plan.points)]
        for i in range(_library.w2s_n_results(run)):
            r = _library.w2s_run_result(run, i)
            self.append(Result(_text(r.model), _text(r.on), _text(r.metric), params[r.point],
                               r.is_control != 0, r.mean, r.low, r.high, r.level,
                               _text(r.interval), r.values[:r.n_values] if r.values else [],
                               _text(r.refused)))
        self.claims = []
        for i in range(_library.w2s_n_claims(run)):
            c = _library.w2s_run_claim(run, i)
            self.claims.append(Claim(_text(c.title), _text(c.text), params[c.point],
                                     None if c.held < 0 else c.held != 0, c.difference, c.bound,
                                     c.level, c.p, c.p_holm))
        self.tests = []
        for i in range(_library.w2s_n_tests(run)):
            t = _library.w2s_run_test(run, i)
            self.tests.append(Test(_text(t.test), [_text(t.first), _text(t.second)], _text(t.on),
                                   _text(t.metric), params[t.point], t.difference, t.low, t.high,
                                   t.p_greater, t.p, t.p_holm, t.is_exact != 0, t.cliffs_delta,
                                   _text(t.refused)))
        s = _library.w2s_run_summary(run)
        self.summary = Summary(_text(s.digest), s.n_made, s.n_known, s.n_failed, s.threads,
                               _text(s.kernels), s.seconds)
        self.digest = self.summary.digest

    def find(self, metric=None, model=None, on=None, **params):
        """Those with these labels, as written in the file, and these params."""
        return [r for r in self
                if (metric is None or r.metric == metric) and (model is None or r.model == model)
                and (on is None or r.on == on)
                and all(r.params.get(k) == v for k, v in params.items())]
