package dev.pando.daemon.vm.importing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.daemon.host.HostUser;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostAttributesTest {
  private static final HostUser ANN = new HostUser(7, 70, Set.of(71));
  private static final HostAttributes OF_BOB = new HostAttributes(0106755, 8, 80, 1);

  @Test
  void rootKeepsTheOwner() {
    assertEquals(OF_BOB, OF_BOB.as(new HostUser(0, 0, Set.of())));
  }

  @Test
  void whatAUserCopiesIsHisWithoutThePrivilegesOfItsOwner() {
    assertEquals(new HostAttributes(0100755, 7, 70, 1), OF_BOB.as(ANN));
  }

  @Test
  void aGroupThatTheUserIsInIsKept() {
    HostAttributes shared = new HostAttributes(0102755, 8, 71, 1);
    assertEquals(new HostAttributes(0102755, 7, 71, 1), shared.as(ANN));
  }

  @Test
  void whatIsHisStaysAsItIs() {
    HostAttributes own = new HostAttributes(0106755, 7, 70, 1);
    assertEquals(own, own.as(ANN));
  }
}
