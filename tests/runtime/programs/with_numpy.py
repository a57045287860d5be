"""Arrays whose inner loops are C: arithmetic, views, records, linear algebra, ufuncs made of Python functions."""

import io
import pickle
import warnings

import numpy as np

np.set_printoptions(precision=4, suppress=True, linewidth=80)

a = np.arange(12).reshape(3, 4)
print(a, a.dtype, a.strides, a.T[::2, ::-1], a[a % 2 == 0], sep="\n")
a[1] *= 10
print(a.sum(axis=0), a.mean(), a.std().round(3), np.cumsum(a[0]), a.argmax())
print(np.where(a > 20, a, -1), np.einsum("ij,ij->i", a, a))

m = np.array([[4.0, 1.0, 2.0], [1.0, 3.0, 0.5], [2.0, 0.5, 5.0]])
print(np.linalg.inv(m) @ m)
print(np.linalg.eigvalsh(m), np.linalg.det(m), np.linalg.solve(m, [1, 2, 3]))
try:
    np.linalg.inv(np.zeros((2, 2)))
except np.linalg.LinAlgError as error:
    print(type(error).__name__, error)

people = np.array(
    [("Ada", 36, 1.65), ("Alan", 41, 1.78)], dtype=[("name", "U10"), ("age", "i4"), ("height", "f8")]
)
print(people["name"], people[people["age"] > 40], np.sort(people, order="height")["name"])

collatz = np.frompyfunc(lambda n: n // 2 if n % 2 == 0 else 3 * n + 1, 1, 1)
print(collatz(np.arange(1, 8)))
clip = np.vectorize(lambda x, low=0: max(x, low), otypes=[float])
print(clip([-1, 2, -3], low=-2))


class Celsius(np.ndarray):
    """A subclass that hears of every ufunc."""

    def __new__(cls, values):
        return np.asarray(values, dtype=float).view(cls)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [np.asarray(value) for value in inputs]
        result = getattr(ufunc, method)(*plain, **options)
        print("ufunc", ufunc.__name__, method)
        return Celsius(result) if isinstance(result, np.ndarray) else result


t = Celsius([20.0, 22.5])
print(t + 1, np.add.reduce(t), type(t * 2).__name__)

generator = np.random.default_rng(42)
sample = generator.normal(size=1000)
print(sample.mean().round(6), generator.integers(0, 100, 5), np.histogram(sample, bins=4)[0])
print(np.fft.rfft([1, 0, -1, 0]), np.polyfit([0, 1, 2], [1, 3, 5], 1).round(6))
print(pickle.loads(pickle.dumps(a)).tolist() == a.tolist(), np.array_equal(a, a.copy(order="F")))
text = io.StringIO("1,2\n3,4\n")
print(np.loadtxt(text, delimiter=",", converters=lambda value: float(value) * 2))

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(np.array([1.0, 0.0]) / 0)
    print([str(warning.message) for warning in caught])
with np.errstate(divide="raise"):
    try:
        np.float64(1) / 0
    except FloatingPointError as error:
        print(error)
print(np.datetime64("2024-02-29") + np.timedelta64(366, "D"), np.busday_count("2024-01", "2024-02"))
np.zeros(3) + np.zeros(4)
