"""What programs of these tests begin with, to say which error they expect."""

RAISES = """
def raises(kind, text, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"no {kind} from {function}")
"""
