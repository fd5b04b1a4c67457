package dev.pando.tests.conformance;

import static dev.pando.tests.conformance.Volume.JNR_FUSE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.tests.Program;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs that people run on a file system. Each script fails with its first command that does.
 */
final class ProgramsTest extends VolumeTest {
  /** A tree with all that can be copied. */
  private static final String TREE =
      """
      mkdir -p tree/a/b tree/empty
      head -c 100000 /dev/urandom > tree/a/random
      truncate -s 20M tree/a/disk.raw
      printf data | dd of=tree/a/disk.raw bs=1 seek=9000000 conv=notrunc status=none
      dd if=/dev/urandom of=tree/a/disk.raw bs=64k seek=20 count=3 conv=notrunc status=none
      ln tree/a/random tree/a/b/hard
      ln -s ../a/random tree/soft
      ln -s nowhere tree/dangling
      mkfifo tree/fifo
      touch 'tree/a name, with $everything'
      setfattr -n user.one -v 'a value' tree/a/random
      setfattr -n user.two -v 0x00ff tree/a
      chmod 4711 tree/a/b/hard && chmod 1777 tree/empty && chown 1234:4321 tree/a/disk.raw
      touch -d '2001-02-03 04:05:06.123456789' tree/a/disk.raw
      touch -h -d '1999-01-01 00:00:00.5' tree/soft
      touch -d '2011-11-11 11:11:11' tree/a/b tree/empty
      """;

  /** Prints every attribute of what is below a directory. */
  private static final String LIST =
      """
      list() {
        (cd "$1" && find . ! -name . -printf '%P %y %m %U %G %T@ %l\\n' | sort &&
          find . -type f -printf '%P %s %n\\n' | sort && getfattr -R -h -d -m 'user[.]' -e hex . | sed 1,0d)
      }
      """;

  ProgramsTest(Volume volume) {
    super(volume);
  }

  private String run(String script, Object... arguments) throws IOException {
    return Program.shell("set -euo pipefail\n" + script, arguments)
        .in(directory())
        .with("HOME", directory())
        .with("GIT_CONFIG_NOSYSTEM", 1)
        .with("LC_ALL", "C")
        .run()
        .succeeded()
        .out();
  }

  @Test
  void cpCopiesAWholeTree() throws Exception {
    run(
        TREE
            + LIST
            + """
            cp -a tree copy
            diff <(list tree) <(list copy)
            diff -r --no-dereference -x fifo tree copy
            (($(stat -c %b copy/a/disk.raw) < 2000))
            """);
  }

  @Test
  void rsyncFindsNothingToDoAfterItself() throws Exception {
    String differences =
        run(
            TREE
                + LIST
                + """
                rsync -aHAXS --modify-window=-1 tree/ copy/
                diff <(list tree) <(list copy) >&2
                diff -r --no-dereference -x fifo tree copy >&2
                (($(stat -c %b copy/a/disk.raw) < 2000))
                rsync -aHAXSnc --modify-window=-1 --itemize-changes --delete tree/ copy/
                printf more >> tree/a/random
                rsync -aHAXS --modify-window=-1 --inplace tree/ copy/
                cmp tree/a/random copy/a/random >&2
                """);
    assertEquals("", differences);
  }

  @Test
  void tarPacksAndUnpacksATree() throws Exception {
    run(
        TREE
            + LIST
            + """
            mkdir copy
            tar -c --sparse --xattrs -C tree . | tar -x --xattrs --same-owner -p -C copy
            diff <(list tree) <(list copy)
            diff -r --no-dereference -x fifo tree copy
            (($(stat -c %b copy/a/disk.raw) < 2000))
            """);
  }

  @Test
  void gitClonesCommitsAndFindsNothingWrong() throws Exception {
    run(
        """
        git config --global user.name Somebody && git config --global user.email some@body
        git init -q -b main origin
        cd origin
        for i in {1..10}; do
          mkdir -p "dir$i" && seq $((i * 100)) > "dir$i/numbers" && echo "$i" > all
          git add . && git commit -q -m "commit $i"
        done
        cd .. && git clone -q origin clone && git clone -q --no-hardlinks origin other
        cd clone
        git checkout -q -b side HEAD~3 && echo side > side && git add . && git commit -q -m side
        git checkout -q main && git merge -q -m merge side && git push -q origin main:pushed
        git mv dir1 moved && git rm -q -r dir2 && git commit -q -m moved
        git gc -q --prune=now
        git fsck --strict --full
        git diff --exit-code && [[ -z $(git status --porcelain) ]]
        cd ../origin && git merge -q pushed && git fsck --strict --full
        git stash list && git worktree add -q ../tree pushed && git -C ../tree status --porcelain
        """);
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2", "vmdk"})
  @NotOn(
      value = Volume.JNR_FUSE,
      because = "libfuse 2 has no SEEK_HOLE: qemu-img map sees one extent of data")
  void qemuImgMakesAndConvertsImages(String format) throws Exception {
    run(
        """
        qemu-img create -q -f raw source.raw 64M
        qemu-io -f raw -c 'write -P 1 0 1M' -c 'write -P 2 33M 100k' -c 'discard 200k 64k' \
          -c flush source.raw >/dev/null
        qemu-img convert -f raw -O "$1" source.raw "disk.$1"
        qemu-img compare -q -f raw -F "$1" source.raw "disk.$1"
        qemu-img convert -W -m 8 -T none -t none -f "$1" -O raw "disk.$1" back.raw
        cmp source.raw back.raw
        [[ $1 == raw ]] || qemu-img check -q -f "$1" "disk.$1"
        qemu-img bench -q -c 500 -d 16 -s 4096 -n -t none -w -f "$1" "disk.$1" >/dev/null
        qemu-img bench -q -c 500 -d 16 -s 65536 -t writeback -f "$1" "disk.$1" >/dev/null
        qemu-img resize -q -f raw source.raw 80M && (($(stat -c %s source.raw) == 80 << 20))
        """,
        format);
  }

  @NotOn(value = JNR_FUSE, because = "libfuse 2 has no LSEEK: the whole file is data, no error")
  @Test
  void qemuImgMapsDataAndHoles() throws Exception {
    assertEquals(
        "[[0,204800],[270336,778240],[34603008,102400]]",
        run("""
        qemu-img create -q -f raw disk.raw 64M
        qemu-io -f raw -c 'write -P 1 0 1M' -c 'write -P 2 33M 100k' \
          -c 'discard 200k 64k' disk.raw >/dev/null
        qemu-img map --output=json -f raw disk.raw |
          jq -c '[.[] | select(.data) | [.start, .length]]'
        """)
            .strip());
  }

  @Test
  void qemuKeepsABackingChainRight() throws Exception {
    run(
        """
        qemu-img create -q -f qcow2 base.qcow2 32M
        qemu-io -c 'write -P 1 0 8M' base.qcow2 >/dev/null
        qemu-img create -q -f qcow2 -F qcow2 -b base.qcow2 top.qcow2
        qemu-io -c 'write -P 2 1M 1M' top.qcow2 >/dev/null
        qemu-img snapshot -c before top.qcow2
        qemu-io -c 'write -P 3 2M 1M' top.qcow2 >/dev/null
        qemu-io -r -c 'read -P 1 0 1M' -c 'read -P 2 1M 1M' -c 'read -P 3 2M 1M' \
          -c 'read -P 0 9M 1M' top.qcow2 >/dev/null
        qemu-img snapshot -a before top.qcow2
        qemu-io -r -c 'read -P 1 2M 1M' top.qcow2 >/dev/null
        qemu-img commit -q top.qcow2 && qemu-img check -q base.qcow2
        qemu-io -r -c 'read -P 2 1M 1M' base.qcow2 >/dev/null
        """);
  }

  @ParameterizedTest
  @ValueSource(strings = {"wal", "delete"})
  void sqliteLosesNothingWhenItsWriterIsKilled(String journal) throws Exception {
    run(
        """
        sqlite3 db "pragma journal_mode=$1; create table t(id integer primary key, v text)" >/dev/null
        inserts() {
          echo "pragma synchronous=full;"
          local i=$1
          while ((++i)); do echo "insert into t values($i, hex(randomblob(2000))); select $i;"; done
        }
        kept=0
        for round in 1 2 3; do
          : > acknowledged
          stdbuf -oL sqlite3 db < <(inserts "$kept") > acknowledged 2>/dev/null & writer=$!
          until (($(wc -l < acknowledged) >= 30)); do kill -0 $writer; done
          kill -9 $writer
          wait $writer || :
          [[ $(sqlite3 db 'pragma integrity_check') == ok ]]
          kept=$(sqlite3 db 'select max(id) from t')
          ((kept >= $(tail -n 1 acknowledged)))
          (($(sqlite3 db 'select count(*) from t') == kept))
        done
        sqlite3 db 'vacuum; pragma integrity_check'
        """,
        journal);
  }

  @Test
  void aFileSystemIsMadeInADiskFile() throws Exception {
    run(
        """
        head -c 3000000 /dev/urandom > payload
        truncate -s 64M disk.raw
        mke2fs -q -F -t ext4 disk.raw
        printf 'mkdir dir\\nwrite payload dir/payload\\n' | debugfs -w disk.raw >/dev/null 2>&1
        e2fsck -f -n disk.raw >/dev/null 2>&1
        debugfs -R 'dump dir/payload dumped' disk.raw >/dev/null 2>&1
        cmp payload dumped
        cp disk.raw copy.raw
        debugfs -w -R 'rm dir/payload' disk.raw >/dev/null 2>&1
        e2fsck -f -n disk.raw >/dev/null 2>&1
        e2fsck -f -n copy.raw >/dev/null 2>&1
        resize2fs copy.raw 96M >/dev/null 2>&1 && e2fsck -f -n copy.raw >/dev/null 2>&1
        debugfs -R 'dump dir/payload again' copy.raw >/dev/null 2>&1 && cmp payload again
        """);
  }

  @Test
  void makeBuildsAProgramAndLaterOnlyWhatChanged() throws Exception {
    assertEquals(
        "42\\n43\\n".translateEscapes(),
        run(
            """
            printf 'int answer(void) { return 42; }\\n' > answer.c
            printf '#include <stdio.h>\\nint answer(void);\\n' > main.c
            printf 'int main(void) { printf("%%d\\\\n", answer()); return 0; }\\n' >> main.c
            printf 'all: program\\nprogram: main.o libanswer.a\\n\\tcc -o $@ $^\\n' > Makefile
            printf '%%.o: %%.c\\n\\tcc -c -g -o $@ $<\\n' >> Makefile
            printf 'libanswer.a: answer.o\\n\\tar rcs $@ $^\\n' >> Makefile
            make -s -j4 && ./program
            make -q
            sed -i s/42/43/ answer.c
            touch -d '+2 seconds' answer.c
            touch -r main.c -d '-2 seconds' main.o && touch -r main.c -d '-3 seconds' main.c
            make -s -j4 2>/dev/null && ./program
            """));
  }

  @Test
  void qemuKeepsItsSocketItsPidAndItsLogBesideTheDisk() throws Exception {
    run(
        """
        qemu-img create -q -f qcow2 disk.qcow2 16M
        qemu-system-x86_64 -S -nodefaults -display none -daemonize -pidfile vm.pid -D vm.log -d in_asm \
          -monitor unix:monitor.sock,server=on,wait=off -drive file=disk.qcow2,if=virtio
        vm=$(cat vm.pid)
        trap 'kill -9 $vm 2>/dev/null || :' EXIT
        [[ -S monitor.sock && -e vm.log ]]
        perl -MIO::Socket::UNIX -e '
          my $s = IO::Socket::UNIX->new("monitor.sock") or die $!;
          print $s "info status\\nquit\\n";
          local $/; exit(<$s> =~ /paused/ ? 0 : 1);'
        tail --pid="$vm" -f /dev/null
        [[ ! -e vm.pid ]]
        """);
  }
}
