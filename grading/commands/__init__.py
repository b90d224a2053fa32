"""The subcommands of `cs182-grade`, one file each: options in, one call of this package, a few lines out."""
