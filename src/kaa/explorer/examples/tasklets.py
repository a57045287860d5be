# Tasklets and a channel: whoever receives first waits until somebody sends.
import stackless

channel = stackless.channel()


def sender():
    for word in ("one", "two", "three"):
        print("send", word)
        channel.send(word)


def receiver():
    for _ in range(3):
        print("received", channel.receive())


stackless.tasklet(receiver)()
stackless.tasklet(sender)()
stackless.run()
