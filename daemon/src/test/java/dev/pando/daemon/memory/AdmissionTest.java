package dev.pando.daemon.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final HostMemory ROUND =
      new HostMemory(16 * Units.GIB, Units.GIB, OverheadRule.INCLUDED);
  private static final HostMemory BY_TABLE =
      new HostMemory(16 * Units.GIB, Units.GIB, OverheadRule.TABLE);

  private static VmMemory vm(long sizeMebibytes, long reservedMebibytes) {
    VmMemory plain = VmMemory.plain(sizeMebibytes * Units.MIB, 1);
    return new VmMemory(
        plain.sizeBytes(),
        reservedMebibytes * Units.MIB,
        VmMemory.UNLIMITED,
        Shares.NORMAL,
        1,
        false);
  }

  /** 16 GB, of which 1 GB for all overheads; VMs of 4 GB and 2 GB: 9 GB are left. */
  @Test
  void theWorkedExample() {
    Promise promised = ROUND.promise(vm(4096, 0)).plus(ROUND.promise(vm(2048, 0)));
    assertEquals(9 * Units.GIB, ROUND.availableBytes(promised));
    assertEquals(15 * Units.GIB, ROUND.unreservedBytes(promised));
    Promise byTable = BY_TABLE.promise(vm(4096, 0)).plus(BY_TABLE.promise(vm(2048, 0)));
    long overhead =
        OverheadTable.bytes(4096 * Units.MIB, 1) + OverheadTable.bytes(2048 * Units.MIB, 1);
    assertEquals(9 * Units.GIB - overhead, BY_TABLE.availableBytes(byTable));
  }

  /** What is not reserved must have room on a disk: 4 GB/0, 4 GB/1 GB, all reserved. */
  @Test
  void theSwapIsTheSizeLessTheReservation() {
    assertEquals(4 * Units.GIB, ROUND.promise(vm(4096, 0)).swapBytes());
    assertEquals(3 * Units.GIB, ROUND.promise(vm(4096, 1024)).swapBytes());
    assertEquals(0, ROUND.promise(vm(4096, 4096)).swapBytes());
  }

  @Test
  void oneIsRefusedByTheByteThatIsMissing() {
    Promise wanted = BY_TABLE.promise(vm(2048, 1024));
    long needed = wanted.reservationBytes() + wanted.overheadBytes();
    Promise others = new Promise(0, 15 * Units.GIB - needed, 0);
    Promise oneMore = new Promise(0, 15 * Units.GIB - needed + 1, 0);
    long swap = wanted.swapBytes();
    assertEquals(Optional.empty(), new Admission(BY_TABLE, others, swap).refusal(wanted));
    String memory = new Admission(BY_TABLE, oneMore, swap).refusal(wanted).orElseThrow();
    assertTrue(memory.contains("1 GiB reserved") && memory.contains("are unreserved"), memory);
    String room = new Admission(BY_TABLE, others, swap - 1).refusal(wanted).orElseThrow();
    assertTrue(room.contains("of swap space"), room);
  }

  @Test
  void whatFitsIsStoppedByMemoryOrByRoomForSwap() {
    Promise each = ROUND.promise(vm(2048, 1024));
    Admission roomy = new Admission(ROUND, Promise.NOTHING, 1L << 50);
    assertEquals(new Admission.Fit(15, Admission.Bound.MEMORY, 7), roomy.fit(each));
    Admission tight = new Admission(ROUND, Promise.NOTHING, 3 * Units.GIB);
    assertEquals(new Admission.Fit(3, Admission.Bound.SWAP_SPACE, 7), tight.fit(each));
    Promise unreserved = ROUND.promise(vm(2048, 0));
    assertEquals(1, tight.fit(unreserved).count());
    assertEquals(Admission.Bound.SWAP_SPACE, tight.fit(unreserved).bound());
    Admission beyond = new Admission(ROUND, new Promise(0, 20 * Units.GIB, 0), 0);
    assertEquals(0, beyond.fit(each).count());
  }

  @Test
  void whatFitsIsAdmittedOneAfterTheOtherAndNotOneMore() {
    Promise each = BY_TABLE.promise(vm(512, 256));
    long room = 4 * Units.GIB;
    long fits = new Admission(BY_TABLE, Promise.NOTHING, room).fit(each).count();
    Promise promised = Promise.NOTHING;
    long admitted = 0;
    while (new Admission(BY_TABLE, promised, room - promised.swapBytes()).refusal(each).isEmpty()) {
      promised = promised.plus(each);
      admitted++;
    }
    assertEquals(fits, admitted);
  }
}
