"""What a long-running command says: lines that stay, and on a terminal one line at the bottom that shows what it waits for."""

import itertools
import sys
import threading
import time

import click


class Waiting:
    """The line at the bottom: what is waited for, and for how long already. Where nobody looks, there is none."""

    INTERVAL = 0.1
    """Seconds between two turns of its sign."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._lock = threading.Lock()
        self._turning = False
        self._text = ""
        self._since = 0.0

    def on(self, text: str) -> None:
        """Show that `text` is waited for; the clock goes on where it is the same as before."""
        if text == self._text:
            return
        self._text, self._since = text, time.monotonic()
        if self._terminal and not self._turning:
            self._turning = True
            threading.Thread(target=self._turn, daemon=True).start()

    def off(self) -> None:
        """Nothing is waited for any more."""
        with self._lock:
            self._text = ""
            self._erase()

    def write(self, text: str) -> None:
        """A line that stays, above the one at the bottom. Colours are left out where click would."""
        with self._lock:
            self._erase()
            click.echo(text)
            sys.stdout.flush()

    def _turn(self) -> None:
        for sign in itertools.cycle("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"):
            with self._lock:
                if self._text:
                    sys.stdout.write(f"\r\033[K{sign} {self._text}, {time.monotonic() - self._since:.0f} s")
                    sys.stdout.flush()
            time.sleep(self.INTERVAL)

    def _erase(self) -> None:
        if self._terminal:
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()


class Progress:
    """Prints at once; signs say whether something is good, bad or neither."""

    def __init__(self) -> None:
        self._waiting = Waiting()

    def say(self, *lines: str) -> None:
        """Lines without a sign."""
        for line in lines:
            self._waiting.write(line)

    def good(self, text: str) -> None:
        """Something came out as it should."""
        self.news(text, good=True)

    def news(self, text: str, *, good: bool | None) -> None:
        """Something has changed: for the better, for the worse, or neither."""
        sign = {True: click.style("✓", fg="green"), False: click.style("✗", fg="red"), None: click.style("·", fg="yellow")}[good]
        self.say(f"{sign} {text}")

    def fail(self, text: str) -> None:
        """Why the command ends, on standard error."""
        self._waiting.off()
        click.echo(f"monitoring-operator: {text}", err=True)

    def wait(self, text: str) -> None:
        """What is waited for from now on."""
        self._waiting.on(text)

    def end(self) -> None:
        """Nothing is waited for any more."""
        self._waiting.off()
