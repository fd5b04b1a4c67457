package dev.pando.cowstore.schedule;

import java.util.HashSet;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * What of one class of ours is a step.
 *
 * @param sharedFields volatile fields, and collections: others are for one thread, or under a lock,
 *     whose taking is the step
 * @param accessors methods, name and descriptor, that do no more than one access or two: a call is
 *     the step, so that two callers are two places
 */
record ClassFacts(Set<String> sharedFields, Set<String> accessors) {
  private static final Set<String> COLLECTIONS =
      Set.of("Ljava/util/Map;", "Ljava/util/Set;", "Ljava/util/List;", "Ljava/util/Deque;");

  private static final int MOST_INSTRUCTIONS = 12;

  static ClassFacts of(byte[] file) {
    ClassFacts facts = new ClassFacts(new HashSet<>(), new HashSet<>());
    new ClassReader(file).accept(facts.new Look(), ClassReader.SKIP_DEBUG);
    return facts;
  }

  private final class Look extends ClassVisitor {
    Look() {
      super(Opcodes.ASM9);
    }

    @Override
    public FieldVisitor visitField(
        int access, String name, String desc, String signature, Object value) {
      if ((access & Opcodes.ACC_VOLATILE) != 0 || COLLECTIONS.contains(desc)) {
        sharedFields.add(name);
      }
      return null;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String desc, String signature, String[] exceptions) {
      int not = Opcodes.ACC_SYNTHETIC | Opcodes.ACC_SYNCHRONIZED | Opcodes.ACC_ABSTRACT;
      return (access & not) != 0 || name.startsWith("<") ? null : new LookAtMethod(name + desc);
    }
  }

  /** Counts what a method does. */
  private final class LookAtMethod extends MethodVisitor {
    private final String key;
    private int instructions;
    private boolean simple = true;
    private boolean accesses;

    LookAtMethod(String key) {
      super(Opcodes.ASM9);
      this.key = key;
    }

    @Override
    public void visitInsn(int opcode) {
      instructions++;
      simple &= opcode != Opcodes.MONITORENTER;
    }

    @Override
    public void visitVarInsn(int opcode, int at) {
      instructions++;
    }

    @Override
    public void visitFieldInsn(int opcode, String owner, String name, String desc) {
      instructions++;
      accesses |= sharedFields.contains(name);
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String name, String desc, boolean isInterface) {
      instructions++;
      simple &= Weaver.isAtomic(owner);
      accesses = true;
    }

    @Override
    public void visitInvokeDynamicInsn(
        String name, String desc, Handle bootstrap, Object... arguments) {
      simple = false;
    }

    @Override
    public void visitJumpInsn(int opcode, Label label) {
      simple = false;
    }

    @Override
    public void visitEnd() {
      if (simple && accesses && instructions <= MOST_INSTRUCTIONS) {
        accessors.add(key);
      }
    }
  }
}
