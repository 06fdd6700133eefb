# The smallest installer that is one. Started from a CD (El Torito, no emulation) it shows a line, waits for a key, writes
# what it installs to the first sector of the first disk, and turns the machine off. The installed sector counts its own
# starts in the sector behind it. Both are in real mode and ask the BIOS only, so that a guest without KVM is quick enough.

        .set    HERE, 0x7c00
        .set    BUFFER, 0x8000
        .set    FIRST_DISK, 0x80

        .macro  begin
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $HERE, %sp
        sti
        .endm

# show TEXT, START: the text, in a sector that begins with the label START.
        .macro  show text start
        movw    $HERE + \text - \start, %si
1:      lodsb
        testb   %al, %al
        jz      2f
        movb    $0x0e, %ah
        xorw    %bx, %bx
        int     $0x10
        jmp     1b
2:
        .endm

# disk SERVICE, SECTOR, ADDRESS: one sector of cylinder 0, head 0 (INT 13h: 2 reads, 3 writes). Never goes on after a failure.
        .macro  disk service sector address
        movw    $\service << 8 | 1, %ax
        movw    $\sector, %cx
        movw    $FIRST_DISK, %dx
        movw    $\address, %bx
        int     $0x13
1:      jc      1b
        .endm

# Advanced Power Management 1.2: connect in real mode, and all devices off (INT 15h, 5301h, 530Eh, 5307h).
        .macro  power_off
        movw    $0x5301, %ax
        xorw    %bx, %bx
        int     $0x15
        movw    $0x530e, %ax
        xorw    %bx, %bx
        movw    $0x0102, %cx
        int     $0x15
        movw    $0x5307, %ax
        movw    $1, %bx
        movw    $3, %cx
        int     $0x15
1:      hlt
        jmp     1b
        .endm

        .text
        .code16
installer:
        begin
        show    question, installer
        xorb    %ah, %ah
        int     $0x16
        disk    3, 1, HERE+system-installer
        power_off
question:
        .asciz  "Lab installer: press a key."

        .org    512
system: begin
        show    greeting, system
        disk    2, 2, BUFFER
        incb    BUFFER
        disk    3, 2, BUFFER
        power_off
greeting:
        .asciz  "Lab system: started from the disk."
        .org    1022
        .word   0xaa55
        .org    2048
