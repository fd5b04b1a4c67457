package dev.pando.daemon.vmware;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/**
 * What makes a machine another machine than its template. Network addresses and the VMCI id follow
 * from {@code uuid} as VMware derives them, the disks' UUIDs from {@code uuid} and the disk's name.
 *
 * @param uuid {@code uuid.bios}, beginning with the bytes 56 4d ("VM")
 * @param memberId {@code VMId} of the {@code .vmxf}, beginning with the byte 52
 * @param generationId {@code vm.genid}
 * @param generationIdX {@code vm.genidX}
 */
public record Identity(
    MachineUuid uuid, MachineUuid memberId, long generationId, long generationIdX) {
  /** The most network adapters a machine can have, and how far apart their offsets lie. */
  public static final int MAX_ADAPTERS = 10;

  public static final int ADAPTER_STEP = 10;

  private static final int MAX_TRIES = 100_000;

  /**
   * A new identity.
   *
   * @param random a SecureRandom; in tests any source
   * @param taken says of a MAC suffix ({@link MachineUuid#macSuffix}) whether another machine has
   *     it; asked for the suffix of every possible adapter, because VMware itself sees to unique
   *     addresses only within one host and not among machines that are off
   * @throws IllegalStateException if no free suffix is found, with about all 2^24 taken
   */
  public static Identity random(RandomGenerator random, IntPredicate taken) {
    for (int tries = 0; tries < MAX_TRIES; tries++) {
      MachineUuid uuid = randomUuid(random, 0x56, 0x4d);
      if (isFree(uuid, taken)) {
        return new Identity(uuid, randomUuid(random, 0x52), random.nextLong(), random.nextLong());
      }
    }
    throw new IllegalStateException("no MAC address is free: too many machines have one");
  }

  private static boolean isFree(MachineUuid uuid, IntPredicate taken) {
    for (int adapter = 0; adapter < MAX_ADAPTERS; adapter++) {
      if (taken.test((uuid.macSuffix() + adapter * ADAPTER_STEP) & 0xFF_FFFF)) {
        return false;
      }
    }
    return true;
  }

  private static MachineUuid randomUuid(RandomGenerator random, int... prefix) {
    byte[] bytes = new byte[MachineUuid.BYTES];
    random.nextBytes(bytes);
    for (int i = 0; i < prefix.length; i++) {
      bytes[i] = (byte) prefix[i];
    }
    return MachineUuid.of(bytes);
  }

  /**
   * The generation id as QEMU and libvirt write it ({@code <genid>}), such that the guest reads the
   * same from its memory. VMware puts both halves there as little-endian 64-bit numbers; QEMU takes
   * text in which the first three groups are numbers that it swaps, and the others bytes (QEMU
   * docs/specs/vmgenid.txt). So the two texts differ in their order.
   */
  public String generationGuid() {
    return generationGuid(generationId, generationIdX);
  }

  /** The same of the values of {@code vm.genid} and {@code vm.genidX}. */
  public static String generationGuid(long id, long idX) {
    long tail = Long.reverseBytes(idX);
    return String.format(
        Locale.ROOT,
        "%08x-%04x-%04x-%04x-%012x",
        id & 0xFFFF_FFFFL,
        (id >>> 32) & 0xFFFF,
        id >>> 48,
        tail >>> 48,
        tail & 0xFFFF_FFFF_FFFFL);
  }

  /**
   * {@code ddb.uuid} of a disk, in VMware's form: 60 00 C2 9 (NAA type 6, VMware's OUI) and 25
   * digits that belong to this machine and {@code fileName} alone.
   */
  public String diskUuid(String fileName) {
    MessageDigest digest = sha256();
    digest.update(uuid.bytes());
    byte[] bytes = digest.digest(fileName.getBytes(StandardCharsets.UTF_8));
    byte[] disk = new byte[MachineUuid.BYTES];
    System.arraycopy(bytes, 0, disk, 0, disk.length);
    disk[0] = 0x60;
    disk[1] = 0x00;
    disk[2] = (byte) 0xC2;
    disk[3] = (byte) (0x90 | (disk[3] & 0x0f));
    String text = MachineUuid.of(disk).spaced();
    // As VMware writes it: the fixed part in upper case, the rest in lower case.
    return "60 00 C2" + text.substring(8);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }
}
