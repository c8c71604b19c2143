"""What the application's code may not do: log what a firm says, set cookies on a GET, let pages be kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_ANSWERS = (
    "survey_app/respondent/",
    "survey_app/envelopes.py",
    "survey_app/services/responses.py",
    "survey_app/services/invitations.py",
    "survey_app/services/keying.py",
    "survey_app/staff/keying_forms.py",
    "survey_app/staff/views/keying.py",
    "survey_app/services/box.py",
    "survey_app/services/box_key.py",
    "survey_app/services/coarsening.py",
)
_LEVELS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log")
_SAY = ("print", "pprint", "echo", "secho", "print_exc", "print_exception", "breakpoint")
_NUMBERS = ("kind.__name__", "status", "code", "place", "self.claim.id", "self.child.returncode")
_KEPT = ("set_etag", "add_etag", "make_conditional", "send_file", "send_from_directory", "last_modified", "etag")
_HEADERS = ("etag", "last-modified", "set-cookie", "clear-site-data", "access-control-allow-origin", "x-request-id")
#: Who may touch cookies: the form's own secrets, and the language (which `?lang=` sets, and which says nothing).
_COOKIE_MAKERS = {"survey_app/respondent/browser.py": ("keep", "forget"), "survey_app/i18n.py": ("remember",)}
#: A chart of a release, for people who have signed in.
_MAY_BE_KEPT = ("survey_app/agency/",)


def source_faults(path: str, source: str) -> list[str]:
    """Return the faults of one file of the application; `path` is counted from the project's folder."""
    tree = ast.parse(source)
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += [(node.lineno, words) for words in _call_faults(path, node)]
        if isinstance(node, ast.FunctionDef):
            found += [(node.lineno, words) for words in _function_faults(path, node)]
        if isinstance(node, ast.Constant) and str(node.value).lower() in _HEADERS:
            found.append((node.lineno, f"{node.value}: a header that no page of ours sends"))
        if isinstance(node, ast.Assign) and not path.startswith(_MAY_BE_KEPT) and _is_cache_rule(node):
            found.append((node.lineno, "Cache-Control: pages are kept nowhere"))
    return [f"{path}:{line}: {words}" for line, words in sorted(set(found) | set(_consent_faults(path, tree)))]


def _call_faults(path: str, call: ast.Call) -> Iterator[str]:
    name, owner = _name(call.func), _owner(call.func)
    if name in _LEVELS and "log" in owner.lower():
        yield from _log_faults(path, call, name)
    elif path.startswith(_ANSWERS) and _speaks(name, owner):
        yield f"{ast.unparse(call.func)}() where answers pass"
    if name in _KEPT or _lets_keep(path, name, call):
        yield f"{name}(): a page that can be asked for again by its version tells when it was seen"
    for keyword in call.keywords:
        if keyword.arg in ("echo", "echo_pool") and not _is(keyword.value, False):
            yield f"{keyword.arg}=: prints statements and what is bound to them"
        if keyword.arg == "hide_parameters" and not _is(keyword.value, True):
            yield "hide_parameters must be True: database errors would print what is bound"


def _speaks(name: str, owner: str) -> bool:
    module = owner.split(".", maxsplit=1)[0]
    return name in _SAY or module in ("logging", "warnings", "traceback") or owner.endswith(("stdout", "stderr"))


def _lets_keep(path: str, name: str, call: ast.Call) -> bool:
    """Say whether a call gives a Cache-Control other than no-store, outside the pages of people who have signed in."""
    if path.startswith(_MAY_BE_KEPT) or name not in ("setdefault", "set", "add", "__setitem__"):
        return False
    texts = [each.value for each in call.args if isinstance(each, ast.Constant)]
    return "Cache-Control" in texts and "no-store" not in texts


def _log_faults(path: str, call: ast.Call, level: str) -> Iterator[str]:
    if level == "exception" or any(word.arg in ("exc_info", "stack_info", "extra") for word in call.keywords):
        yield f"log.{level}(): a traceback prints the message of the error, which can hold a value"
    if call.args and not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)):
        yield f"log.{level}(): the text must be fixed, not put together"
    for value in call.args[1:]:
        if not _is_harmless(path, value):
            yield f"log.{level}(): {ast.unparse(value)} could hold an answer, a link or a code"


def _is_harmless(path: str, value: ast.expr) -> bool:
    """Say whether a logged value is the kind of an error or, where no answers pass, one of our own numbers."""
    text = ast.unparse(value)
    if text.startswith("type(") and text.endswith(").__name__"):
        return True
    return text in _NUMBERS and not path.startswith(_ANSWERS)


def _function_faults(path: str, function: ast.FunctionDef) -> Iterator[str]:
    cookies = [node for node in _calls(function) if _name(node.func) in ("set_cookie", "delete_cookie")]
    if cookies and function.name not in _COOKIE_MAKERS.get(path, ()) and not _holds_maker(path, function):
        yield f"{function.name}() sets a cookie: only respondent/browser.py and i18n.py do"
    for call in cookies:
        given = {word.arg: word.value for word in call.keywords}
        if not ({"secure", "httponly", "samesite"} <= set(given) and _is(given["httponly"], True)):
            yield f"{function.name}(): a cookie without secure, httponly and samesite"
    if path.startswith("survey_app/respondent/views/") and _answers_get(function):
        for call in _calls_outside_post(function):
            yield f"{function.name}() answers a GET and calls {_name(call.func)}(): no GET sets or clears the form's cookie"


def _holds_maker(path: str, function: ast.FunctionDef) -> bool:
    inner = [node.name for node in ast.walk(function) if isinstance(node, ast.FunctionDef) and node is not function]
    return any(name in _COOKIE_MAKERS.get(path, ()) for name in inner)


def _answers_get(function: ast.FunctionDef) -> bool:
    routes = [each for each in function.decorator_list if isinstance(each, ast.Call) and _owner(each.func) == "bp"]
    methods = [ast.unparse(word.value) for route in routes for word in route.keywords if word.arg == "methods"]
    return any(_name(route.func) == "get" for route in routes) or any("GET" in each for each in methods)


def _calls_outside_post(function: ast.FunctionDef) -> Iterator[ast.Call]:
    choices = [node for node in ast.walk(function) if isinstance(node, ast.If)]
    posts = [part for each in choices if "'POST'" in ast.unparse(each.test) for part in each.body]
    inside = {call for part in (*posts, *_after_gets(function)) for call in _calls(part)}
    for call in _calls(function):
        if _name(call.func) in ("keep", "forget") and call not in inside:
            yield call


def _after_gets(function: ast.FunctionDef) -> list[ast.stmt]:
    """Return what a view does after it has answered every GET."""
    for place, part in enumerate(function.body):
        if isinstance(part, ast.If) and "== 'GET'" in ast.unparse(part.test) and isinstance(part.body[-1], ast.Return):
            return function.body[place + 1 :]
    return []


def _is_cache_rule(node: ast.Assign) -> bool:
    target = ast.unparse(node.targets[0])
    return ("'Cache-Control'" in target and not _is_text(node.value, "no-store")) or ".cache_control." in target


def _consent_faults(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield where consent is noted elsewhere than in the transaction that sends."""
    sending = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "_mark_answered"]
    allowed = (
        {call for function in sending for call in _calls(function)} if path.endswith("services/responses.py") else ()
    )
    for call in _calls(tree):
        names = {word.arg for word in call.keywords}
        if "consent_version" in names and _name(call.func) in ("values", "Invitation") and call not in allowed:
            yield call.lineno, "consent is noted before sending: it would say who has begun"
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Attribute) and target.attr == "consent_version" for target in targets):
            yield node.lineno, "consent is noted before sending: it would say who has begun"


def _calls(node: ast.AST) -> list[ast.Call]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Call)]


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _owner(function: ast.expr) -> str:
    return ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""


def _is(node: ast.expr, wanted: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is wanted


def _is_text(node: ast.expr, wanted: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == wanted
