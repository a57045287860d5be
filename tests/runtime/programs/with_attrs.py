"""An inventory: attrs makes the classes, checks the values, and compares, orders, copies and shows them."""

import functools

import attr
from attrs import Factory, asdict, astuple, define, evolve, field, fields, frozen, validators


@frozen(order=True)
class Money:
    cents: int = field(validator=validators.instance_of(int))
    currency: str = field(default="EUR", kw_only=True, converter=str.upper)

    def __add__(self, other):
        if self.currency != other.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return evolve(self, cents=self.cents + other.cents)

    def __str__(self):
        return f"{self.cents // 100}.{self.cents % 100:02} {self.currency}"


@define
class Item:
    name: str
    price: Money
    tags: list[str] = Factory(list)
    count: int = field(default=1)

    @count.validator
    def _is_positive(self, attribute, value):
        if value < 0:
            raise ValueError(f"{attribute.name} of {self.name} must not be negative, but is {value}")

    @property
    def total(self):
        return functools.reduce(Money.__add__, [self.price] * self.count, Money(0))


@define(slots=False)
class Box:
    items: dict[str, Item] = Factory(dict)
    size: int = field(init=False, default=0)
    _log: list[str] = field(factory=list, repr=False, eq=False)

    def __attrs_post_init__(self):
        self._log.append("opened")

    def put(self, item):
        self.items[item.name] = item
        self.size = len(self.items)
        self._log.append(f"put {item.name}")
        return self


@attr.s(auto_attribs=True, these=None)
class Old:
    x: int = attr.ib(default=1)
    y: "list[int]" = attr.Factory(lambda self: [self.x], takes_self=True)


box = Box().put(Item("apple", Money(35), ["fruit"], 3)).put(Item("pear", Money(40, currency="eur"), count=2))
for item in box.items.values():
    print(item, item.total)
print(box)
print(asdict(box.items["apple"]))
print(astuple(box.items["pear"]))
print([f.name for f in fields(Item)], fields(Money).currency.kw_only)
print(Money(1) < Money(2), sorted([Money(3), Money(1)]), Money(1) == Money(1), len({Money(1), Money(1)}))
print(Old(), Old(5) == Old(5), attr.has(Old), evolve(Old(7), x=8))
for attempt in (
    lambda: Item("bad", Money(1), count=-1),
    lambda: Money("1"),
    lambda: Money(1) + Money(1, currency="usd"),
    lambda: Money(),
    lambda: setattr(Money(1), "cents", 2),
    lambda: setattr(Item("x", Money(1)), "colour", "red"),
    lambda: setattr(box.items["apple"], "count", -5),
):
    try:
        attempt()
    except Exception as error:
        print(type(error).__name__, error)
