# A firmware of 64 KiB instead of an operating system: every CPU of the guest writes its CPUID leaves to the first serial
# port and halts. A guest that runs any longer than that makes an emulated SVM host unbearably slow.
# Assembled at address 0; it lies at the end of the first 4 GiB, where the first instruction is fetched (AMD64 vol. 2, 14.1.5).

        .set    BASE, 0xffff0000
        .set    LOCK, 0x2000
        .set    TRAMPOLINE, 0x1000
        .set    STACK, 0x8000
        .set    ICR, 0xfee00300
        .set    SERIAL, 0x3f8
        .set    BUFFER, 0x10000

        .text
        .code16
first:  cli
        lgdtl   %cs:gdtr
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        ljmpl   $8, $first32 + BASE

# Copied to where the other CPUs start in real mode.
other:  cli
        lgdtl   %cs:other_gdtr - other
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        ljmpl   $8, $report + BASE
        .balign 4
other_gdtr:
        .word   gdt_end - gdt - 1
        .long   gdt + BASE
other_end:

        .code32
first32:
        movw    $16, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $other + BASE, %esi
        movl    $TRAMPOLINE, %edi
        movl    $other_end - other, %ecx
        rep movsb
# INIT, then SIPI with the trampoline's page, to all but this CPU (AMD64 vol. 2, 16.5).
        movl    $0x000c4500, ICR
        movl    $1000, %ecx
1:      loop    1b
        movl    $0x000c4600 + (TRAMPOLINE >> 12), ICR

report: movw    $16, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
1:      pause
        movl    $1, %eax
        xchgl   %eax, LOCK
        testl   %eax, %eax
        jnz     1b
# One CPU at a time from here, so they can share one stack.
        movl    $STACK, %esp
        movl    $BUFFER, %ebp
        movl    $leaves + BASE, %esi
2:      call    write_leaf
        addl    $8, %esi
        cmpl    $leaves_end + BASE, %esi
        jb      2b
        movb    $'.', %al
        call    write_byte
        movb    $'\n', %al
        call    write_byte
# In one instruction: each byte on its own would be an exit to the emulator of the guest, in an emulated host.
        movl    $BUFFER, %esi
        movl    %ebp, %ecx
        subl    %esi, %ecx
        movw    $SERIAL, %dx
        rep outsb
        movl    $0, LOCK
3:      hlt
        jmp     3b

# "LEAF SUBLEAF EAX EBX ECX EDX" of the pair of words at %esi.
write_leaf:
        movl    (%esi), %eax
        call    write_word
        movl    4(%esi), %eax
        call    write_word
        movl    (%esi), %eax
        movl    4(%esi), %ecx
        cpuid
        pushl   %edx
        pushl   %ecx
        pushl   %ebx
        call    write_word
        popl    %eax
        call    write_word
        popl    %eax
        call    write_word
        popl    %eax
        call    write_word
        movb    $'\n', %al
        jmp     write_byte

# %eax in eight hexadecimal digits and a space.
write_word:
        movl    %eax, %edi
        movl    $8, %ecx
1:      roll    $4, %edi
        movl    %edi, %eax
        andl    $15, %eax
        movb    digits + BASE(%eax), %al
        call    write_byte
        loop    1b
        movb    $' ', %al
write_byte:
        movb    %al, (%ebp)
        incl    %ebp
        ret

digits: .ascii  "0123456789abcdef"
        .balign 8
# Marked as accessed: a CPU would write that mark, and cannot into a ROM.
gdt:    .quad   0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_end:
gdtr:   .word   gdt_end - gdt - 1
        .long   gdt + BASE
        .balign 8
leaves: .long   0x00000000, 0,  0x00000001, 0,  0x0000000b, 0,  0x0000000b, 1
        .long   0x40000000, 0,  0x40000001, 0,  0x40000100, 0,  0x80000008, 0,  0x8000001e, 0
leaves_end:

        .code16
        .org    0xfff0
        jmp     first
        .org    0xffff
        .byte   0
