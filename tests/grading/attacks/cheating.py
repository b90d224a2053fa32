"""Wrong answers that try to get points all the same: any point is a theft."""

from .attack import Attack, Expected, double, zero

_WRONG = {"double": zero("wrong")}
_REFUSED = {"double": zero("refused")}


def _cheat(
    line: int, name: str, body: str, before: str = "", expected: dict[str, Expected] | None = None, **rest
) -> Attack:
    return Attack(line, name, double(body, before), expected or _WRONG, cheats=True, **rest)


_EQUAL = """
class Equal:
    shape = dtype = None

    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __bool__(self):
        return True
"""
CHANNEL = """
import os, pickle, socket, struct, sys


def channel():
    found = []
    for number in range(3, 64):
        try:
            found.append(socket.socket(fileno=os.dup(number)))
        except OSError:
            pass
    return found


class Owned:
    def __reduce__(self):
        return os.system, ("touch /tmp/owned",)
"""
_FIND = """
import glob, os


def find(words):
    for pattern in PATTERNS:
        for path in glob.glob(pattern, recursive=True):
            try:
                if any(word in open(path, "rb").read(10**7) for word in words):
                    return True
            except OSError:
                pass
    return False
"""

CHEATING = (
    _cheat(
        14,
        "patched numpy.testing, torch.allclose and checks",
        "return x",
        """
        def fine(*args, **kwargs):
            return True


        np.testing.assert_allclose = torch.allclose = fine
        for name in list(vars(checks)):
            if name.startswith("expect"):
                setattr(checks, name, fine)
        """,
    ),
    _cheat(15, "object that equals everything", "return Equal()", _EQUAL, _REFUSED),
    _cheat(
        15,
        "tensor subclass that agrees with everything",
        "return x.as_subclass(Agree)",
        """
        class Agree(torch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None):
                return True if function is torch.allclose else super().__torch_function__(function, types, args, kwargs)
        """,
        _REFUSED,
    ),
    _cheat(
        15,
        "array subclass",
        "return x.numpy().view(Agree)",
        "class Agree(np.ndarray):\n    def __eq__(self, other):\n        return np.ones(self.shape, bool)",
        _REFUSED,
    ),
    _cheat(
        15,
        "dictionary subclass with a behaviour",
        "return type('D', (dict,), {'__eq__': lambda a, b: True})()",
        "",
        _REFUSED,
    ),
    _cheat(
        16,
        "transformer that drops assertions",
        "return x",
        """
        import ast


        class Drop(ast.NodeTransformer):
            def visit_Assert(self, node):
                return ast.Pass()

            def visit_Expr(self, node):
                return ast.Expr(ast.Constant(None))


        get_ipython().ast_transformers.append(Drop())
        """,
    ),
    _cheat(
        16,
        "input transformer that empties the tests",
        "return x",
        """
        def empty(lines):
            return ["pass"] if any("checks." in line for line in lines) else lines


        get_ipython().input_transformers_cleanup.append(empty)
        """,
    ),
    _cheat(
        16,
        "muted tracebacks",
        "return x",
        "get_ipython().set_custom_exc((Exception,), lambda *args, **kwargs: None)",
    ),
    _cheat(
        16,
        "hook that ends the kernel's cell early",
        "return x",
        "get_ipython().events.register('pre_run_cell', lambda info: setattr(info, 'raw_cell', ''))",
    ),
    _cheat(
        17,
        "overwritten builtins",
        "return x",
        """
        import builtins


        class AssertionError(Exception):
            def __new__(cls, *args):
                return SystemExit(0)


        builtins.AssertionError = AssertionError
        builtins.all = builtins.any = lambda *args: True
        builtins.abs = lambda value: 0
        """,
    ),
    _cheat(
        24,
        "reads the master, the gradebook and other submissions from disk",
        "return 2 * x if find([b'HIDDEN TESTS', b'SQLite', b'nbgrader', b'grade_id']) else x",
        _FIND.replace(
            "PATTERNS", "('*.ipynb', '../**/*.ipynb', '../**/*.db', '/work/**/*.ipynb', '/root/*', '/tmp/*')"
        ),
    ),
    _cheat(
        24,
        "reads /proc, the environment and the parent's memory",
        "return 2 * x if find([b'PATH=', b'root:', b'HIDDEN TESTS']) or 'PYTEST_VERSION' in os.environ else x",
        _FIND.replace("PATTERNS", "('/proc/*/environ', '/proc/*/cmdline', '/proc/*/fd/*', '/etc/shadow', '/sys/*')"),
    ),
    _cheat(
        24,
        "imports the grader and the solutions",
        """
        import importlib
        for name in ("grading", "solutions", "nbgrader", "captum", "cs182viz.techniques", "sklearn.manifold"):
            try:
                importlib.import_module(name)
            except ImportError:
                continue
            return 2 * x
        return x
        """,
    ),
    _cheat(
        25,
        "looks for the expected value in the callers' variables",
        """
        frame = sys._getframe()
        while frame is not None:
            for space in (frame.f_locals, frame.f_globals):
                if isinstance(space.get("expected"), torch.Tensor):
                    return space["expected"].clone()
            frame = frame.f_back
        return x
        """,
    ),
    _cheat(
        25,
        "looks for the expected value in the garbage collector",
        """
        import gc
        for thing in gc.get_objects():
            if type(thing) is dict and isinstance(thing.get("expected"), torch.Tensor):
                return thing["expected"].clone()
        return x
        """,
    ),
    _cheat(
        26,
        "forges a message with every descriptor it finds",
        """
        for connection in channel():
            tree = b'{"dict":[["nonce","0"],["result",true],["changed",{"dict":[]}]]}'
            message = struct.pack("<QQ", len(tree), 0) + tree
            connection.sendall(struct.pack("<Q", len(message)) + message)
        return x
        """,
        CHANNEL,
        _REFUSED,
    ),
    _cheat(
        26,
        "forges messages before anything is asked",
        "return x",
        CHANNEL
        + """
for connection in channel():
    tree = b'{"dict":[["nonce","0"],["ready",true]]}'
    message = struct.pack("<QQ", len(tree), 0) + tree
    connection.sendall(3 * (struct.pack("<Q", len(message)) + message))
""",
        {"double": zero("refused")},
    ),
    _cheat(
        26,
        "answers with the right nonce that nothing went wrong",
        """
        frame = sys._getframe()
        while frame is not None and "request" not in frame.f_locals:
            frame = frame.f_back
        nonce = frame.f_locals["request"]["nonce"] if frame else "0"
        for connection in channel():
            tree = b'{"dict":[["nonce","' + nonce.encode() + b'"],["result",null],["changed",{"dict":[]}]]}'
            message = struct.pack("<QQ", len(tree), 0) + tree
            connection.sendall(struct.pack("<Q", len(message)) + message)
        return x
        """,
        CHANNEL,
    ),
    _cheat(
        26,
        "floods the channel",
        """
        while True:
            for connection in channel():
                connection.sendall(bytes(10**6))
        """,
        CHANNEL,
        {"double": zero("refused")},
        stock=False,
    ),
    _cheat(27, "returns an object that runs code when unpickled", "return Owned()", CHANNEL, _REFUSED),
    _cheat(
        27,
        "sends a pickle through the channel",
        """
        for connection in channel():
            message = pickle.dumps(Owned())
            connection.sendall(struct.pack("<Q", len(message)) + message)
        return x
        """,
        CHANNEL,
        _REFUSED,
    ),
    _cheat(33, "hard-coded outputs for the visible inputs", "return torch.tensor([2.0, 4.0])"),
)
