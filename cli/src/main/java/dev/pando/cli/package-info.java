/**
 * The command line. {@link dev.pando.cli.Pando} is the program; each command is one class, made of
 * the options it shares with others ({@code Screen} for what it prints, {@code MountChoice} for
 * which mount it speaks to) and of its own. A command checks what it can check alone, asks the
 * daemon of one mount over its socket, and prints the answer; it never touches the store. What goes
 * wrong is a {@code ControlException}, one sentence and an exit code, shown in one place.
 */
package dev.pando.cli;
