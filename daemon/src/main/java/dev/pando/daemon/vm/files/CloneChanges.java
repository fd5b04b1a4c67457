package dev.pando.daemon.vm.files;

import dev.pando.daemon.vmware.KeyChange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * What was changed in a clone's files when it was made; attached to its directory's inode.
 *
 * @param changes in the order they were made
 * @param omitted how many more there were than are kept
 */
public record CloneChanges(List<FileChange> changes, int omitted) {
  /**
   * One change.
   *
   * @param file the clone's, relative to its directory
   */
  public record FileChange(String file, KeyChange change) {}

  /** Which attachment of the directory it is. */
  public static final byte PART = 3;

  public static final CloneChanges NONE = new CloneChanges(List.of(), 0);

  private static final int MAX_CHANGES = 500;
  private static final int MAX_TEXT = 400;

  /** Keeps the first of {@code all}, and of each text the beginning. */
  public static CloneChanges of(List<FileChange> all) {
    List<FileChange> kept = List.copyOf(all.subList(0, Math.min(MAX_CHANGES, all.size())));
    return new CloneChanges(kept, all.size() - kept.size());
  }

  /** The record's bytes: {@code daemon/TREE-FORMAT.md}, chapter 4. */
  public byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
      out.writeInt(omitted);
      out.writeInt(changes.size());
      for (FileChange change : changes) {
        out.writeUTF(shortened(change.file()));
        out.writeUTF(shortened(change.change().key()));
        write(out, change.change().before());
        write(out, change.change().after());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a byte array can not fail", e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, Optional<String> text) throws IOException {
    out.writeBoolean(text.isPresent());
    if (text.isPresent()) {
      out.writeUTF(shortened(text.get()));
    }
  }

  private static String shortened(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT - 1) + "…";
  }

  /** Reads a record; none is {@link #NONE}. */
  public static CloneChanges decode(Optional<byte[]> value) {
    if (value.isEmpty()) {
      return NONE;
    }
    try (DataInputStream in =
        new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(value.get())))) {
      int omitted = in.readInt();
      int count = in.readInt();
      List<FileChange> changes = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String file = in.readUTF();
        String key = in.readUTF();
        changes.add(new FileChange(file, new KeyChange(key, readText(in), readText(in))));
      }
      return new CloneChanges(changes, omitted);
    } catch (IOException e) {
      throw new UncheckedIOException("a record of changes can not be read", e);
    }
  }

  private static Optional<String> readText(DataInputStream in) throws IOException {
    return in.readBoolean() ? Optional.of(in.readUTF()) : Optional.empty();
  }
}
