package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything bad gets one sentence and the right exit code, and leaves nothing behind. */
class BadInputTest {
  private static MountedStore store;

  @BeforeAll
  static void mount() throws Exception {
    store = MountedStore.mounted();
    store.template("base", 1);
  }

  @AfterAll
  static void umount() throws Exception {
    store.close();
  }

  private static String refused(int code, String... command) throws Exception {
    List<String> before = contents();
    String sentence = store.pando(command).refusedWith(code);
    assertEquals(before, contents());
    return sentence;
  }

  /** All paths in the mount, with their sizes. */
  private static List<String> contents() throws Exception {
    return Program.shell("cd \"$1\" && find . -printf '%p %s\\n' | sort", store.mountpoint())
        .run()
        .succeeded()
        .out()
        .lines()
        .toList();
  }

  @Test
  void aCloneOfNothing() throws Exception {
    refused(4, "clone", "nothing", "s");
  }

  @Test
  void aCloneOfADirectoryThatIsNoVm() throws Exception {
    Files.createDirectories(store.at("papers"));
    Files.writeString(store.at("papers/letter"), "dear");
    refused(4, "clone", "papers", "s");
  }

  @Test
  void aNameThatIsTaken() throws Exception {
    refused(3, "clone", "base", "base");
  }

  @Test
  void aNameInsideAnotherVm() throws Exception {
    refused(2, "clone", "base", "base/inside");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "a//b", ".", "..", "../out", "a/./b", "a/../b", "a\nb", "a\tb", "\u007f"})
  void aNameThatCanNotBe(String name) throws Exception {
    refused(2, "clone", "base", name);
    refused(2, "import", store.work().resolve("host/base").toString(), name);
    refused(2, "freeze", name);
  }

  /** The directory could be named so, its files could not. */
  @Test
  void aNameOf255Bytes() throws Exception {
    refused(2, "clone", "base", "n".repeat(255));
  }

  @Test
  void aNameOf300Bytes() throws Exception {
    refused(2, "clone", "base", "n".repeat(300));
    refused(2, "clone", "base", "course/" + "ü".repeat(150));
  }

  @Test
  void aNameGivenTwice() throws Exception {
    Path names = Files.writeString(store.work().resolve("names"), "x\ny\nx\n");
    refused(2, "clone", "base", "--names-from", names.toString());
  }

  @Test
  void oneNameOfManyThatIsTaken() throws Exception {
    Path names = Files.writeString(store.work().resolve("names"), "x\nbase\ny\n");
    refused(3, "clone", "base", "--names-from", names.toString());
  }

  @Test
  void whatIsNotThere() throws Exception {
    refused(4, "show", "nothing");
    refused(4, "freeze", "nothing");
    refused(4, "thaw", "nothing");
    refused(4, "remove", "nothing");
    refused(4, "remove", "base", "nothing");
    refused(4, "space", "nothing");
    refused(4, "import", store.work().resolve("nothing").toString());
  }

  @Test
  void aThawOfWhatIsNotFrozen() throws Exception {
    store.pando("clone", "base", "plain").succeeded();
    refused(3, "thaw", "plain");
    store.pando("remove", "plain").succeeded();
  }

  @Test
  void anImportOfADirectoryThatIsNoVm() throws Exception {
    Path papers = Files.createDirectories(store.work().resolve("host/papers"));
    Files.writeString(papers.resolve("letter"), "dear");
    refused(3, "import", papers.toString());
  }

  @Test
  void anImportUnderANameThatIsTaken() throws Exception {
    refused(3, "import", store.work().resolve("host/base").toString());
  }

  @Test
  void aConfigurationThatIsCutOff() throws Exception {
    TinyVm vm = TinyVm.in(store.work().resolve("host/cut"), 1);
    String whole = Files.readString(vm.vmx());
    Files.writeString(vm.vmx(), whole.substring(0, whole.indexOf("scsi0:0.fileName") + 22));
    refused(3, "import", vm.directory().toString());
  }

  @Test
  void aConfigurationThatIsNotText() throws Exception {
    TinyVm vm = TinyVm.in(store.work().resolve("host/binary"), 1);
    Files.write(vm.vmx(), new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, (byte) 0xff, 0, 0});
    refused(3, "import", vm.directory().toString());
  }

  @Test
  void aConfigurationThatNamesADiskThatIsNotThere() throws Exception {
    TinyVm vm = TinyVm.in(store.work().resolve("host/diskless"), 1);
    Files.delete(vm.descriptor());
    refused(3, "import", vm.directory().toString());
  }

  @Test
  void aDescriptorThatNamesAnExtentThatIsNotThere() throws Exception {
    TinyVm vm = TinyVm.in(store.work().resolve("host/extentless"), 1);
    Files.delete(vm.disk());
    refused(3, "import", vm.directory().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"../base/base-flat.vmdk", "/etc/passwd", "sub/../../x"})
  void aDescriptorThatPointsOutsideItsDirectory(String extent) throws Exception {
    Path directory = store.work().resolve("host/outside-" + extent.hashCode());
    TinyVm vm = TinyVm.in(directory, 1);
    String inside = vm.name() + "-flat.vmdk";
    Files.writeString(vm.descriptor(), Files.readString(vm.descriptor()).replace(inside, extent));
    refused(3, "import", vm.directory().toString());
  }

  @Test
  void aDescriptorThatPointsOutsideItsDirectoryIsNotClonedEither() throws Exception {
    TinyVm vm = TinyVm.in(store.work().resolve("host/turned"), 1);
    store.pando("import", vm.directory().toString()).succeeded();
    Path descriptor = store.at("turned/turned.vmdk");
    Files.writeString(
        descriptor, Files.readString(descriptor).replace("turned-flat", "../base/base-flat"));
    refused(3, "clone", "turned", "s");
    refused(3, "freeze", "turned");
    store.pando("remove", "turned").succeeded();
  }
}
