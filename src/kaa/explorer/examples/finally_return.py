# try, finally, return: the value is kept on the stack while the finally clause runs.
def keeps():
    value = 1
    try:
        return value
    finally:
        value = 2


def replaces():
    try:
        1 / 0
    except ZeroDivisionError as error:
        return f"handled: {error}"
    finally:
        print("cleaning up")


print(keeps(), replaces())
