"""What a process needs: the launcher, the import hook and its caches, compile/exec/eval, the REPL."""
