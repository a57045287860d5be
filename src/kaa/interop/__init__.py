"""Java and .NET classes as Python classes: `imports` decides who answers, `java` and `dotnet` start the runtimes."""
