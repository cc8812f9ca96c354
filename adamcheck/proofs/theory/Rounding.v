(* One rounding, in any binary format with gradual underflow (Flocq's FLT) and by any tie rule.

   Everything after this file uses of an operation of a program only that it `rounds`: its result differs from
   the exact one by a relative error of at most u or an absolute error of at most e. Here stands why: u is the
   unit roundoff, and e half the smallest subnormal number, or the smallest normal number in a program that
   flushes subnormal numbers to zero. The formats have no largest number: overflow is not covered. *)

Require Import Reals Lra Psatz ZArith.
From Flocq Require Import Core Relative Sterbenz.
Open Scope R_scope.

Definition within (r x X : R) := Rabs (X - x) <= r.

Definition rounds (u e z Z : R) :=
  exists d h, Rabs d <= u /\ Rabs h <= e /\ d * h = 0 /\ Z = z * (1 + d) + h.

Section Format.
Variables emin prec : Z.
Context { positive_precision : Prec_gt_0 prec }.

Definition unit := / 2 * bpow radix2 (- prec + 1).
Definition tiny := bpow radix2 emin.
Definition normal := bpow radix2 (emin + prec - 1).
Definition format := generic_format radix2 (FLT_exp emin prec).
Definition nearest (ties : Z -> bool) := round radix2 (FLT_exp emin prec) (Znearest ties).

(* What a program may get for z: the nearest number, and 0 for a subnormal one if it flushes. *)
Inductive result (flushes : bool) (z : R) : R -> Prop :=
  | kept ties : result flushes z (nearest ties z)
  | flushed ties : flushes = true -> Rabs (nearest ties z) < normal -> result flushes z 0.

(* The largest absolute error of one rounding; twice that is `Format.loss`. *)
Definition lost (flushes : bool) := if flushes then normal else / 2 * tiny.

Lemma unit_positive : 0 < unit.
Proof. unfold unit. pose proof (bpow_gt_0 radix2 (- prec + 1)). lra. Qed.

Lemma unit_is_half_the_gap_above_one : unit = bpow radix2 (- prec).
Proof. unfold unit. rewrite bpow_plus, bpow_1. simpl. lra. Qed.

Theorem four_bits_suffice : (4 <= prec)%Z -> unit <= / 16.
Proof.
  intros H. rewrite unit_is_half_the_gap_above_one. replace (/ 16) with (bpow radix2 (- 4)) by (simpl; lra).
  apply bpow_le. lia.
Qed.

Lemma tiny_positive : 0 < tiny.
Proof. apply bpow_gt_0. Qed.

Lemma half_tiny_below_normal : / 2 * tiny <= normal.
Proof.
  unfold tiny, normal. pose proof (bpow_gt_0 radix2 emin).
  assert (bpow radix2 emin <= bpow radix2 (emin + prec - 1)); [|lra].
  apply bpow_le. unfold Prec_gt_0 in positive_precision. lia.
Qed.

Lemma normal_in_format : format normal.
Proof.
  apply generic_format_bpow. unfold FLT_exp. unfold Prec_gt_0 in positive_precision. lia.
Qed.

Theorem nearest_rounds (ties : Z -> bool) (z : R) : rounds unit (/ 2 * tiny) z (nearest ties z).
Proof.
  destruct (error_N_FLT radix2 emin prec positive_precision ties z) as (d & h & D & H & P & E).
  exists d, h. unfold unit, tiny, nearest. auto.
Qed.

Theorem result_rounds (flushes : bool) (z Z : R) :
  result flushes z Z -> rounds unit (lost flushes) z Z.
Proof.
  intros [ties | ties F N].
  - destruct (nearest_rounds ties z) as (d & h & D & H & P & E). exists d, h. repeat split; try assumption.
    pose proof half_tiny_below_normal. destruct flushes; simpl; lra.
  - subst flushes. exists 0, (- z). pose proof unit_positive. rewrite Rabs_R0, Rabs_Ropp. simpl.
    repeat split; [lra | | ring | ring].
    destruct (Rle_or_lt normal (Rabs z)) as [L | L]; [|lra].
    assert (normal <= Rabs (nearest ties z)); [|lra].
    apply abs_round_ge_generic; [apply FLT_exp_valid; assumption | apply valid_rnd_N | apply normal_in_format | exact L].
Qed.

(* In the normal range the error is relative. *)
Theorem normal_is_relative (flushes : bool) (z Z : R) :
  normal <= Rabs z -> result flushes z Z -> Rabs (Z - z) <= unit * Rabs z.
Proof.
  intros L [ties | ties _ N].
  - apply relative_error_N_FLT; [exact positive_precision | exact L].
  - exfalso. assert (normal <= Rabs (nearest ties z)); [|lra].
    apply abs_round_ge_generic; [apply FLT_exp_valid; assumption | apply valid_rnd_N | apply normal_in_format | exact L].
Qed.

(* Sterbenz: within one format the difference of two numbers within a factor of 2 is not rounded. *)
Theorem near_difference_is_exact (ties : Z -> bool) (X Y : R) :
  format X -> format Y -> 0 <= X * Y -> Rabs Y <= 2 * Rabs X -> Rabs X <= 2 * Rabs Y ->
  nearest ties (X - Y) = X - Y.
Proof.
  intros FX FY S A B. apply round_generic; [apply valid_rnd_N|].
  assert (V : Valid_exp (FLT_exp emin prec)) by (apply FLT_exp_valid; assumption).
  destruct (Rle_or_lt 0 X) as [PX | NX].
  - assert (PY : 0 <= Y).
    { destruct (Rle_or_lt 0 Y); [assumption|]. rewrite (Rabs_pos_eq X) in * by lra.
      rewrite (Rabs_left Y) in * by lra. nra. }
    rewrite !Rabs_pos_eq in * by assumption.
    apply sterbenz; [exact V | apply FLT_exp_monotone | exact FX | exact FY | lra].
  - assert (NY : Y < 0).
    { destruct (Rlt_or_le Y 0); [assumption|]. rewrite (Rabs_left X) in * by lra.
      rewrite (Rabs_pos_eq Y) in * by lra. nra. }
    rewrite !Rabs_left in * by assumption.
    replace (X - Y) with (- (- X - - Y)) by ring. apply generic_format_opp.
    apply sterbenz; [exact V | apply FLT_exp_monotone | apply generic_format_opp; exact FX
                    | apply generic_format_opp; exact FY | lra].
Qed.

End Format.

(* A rounding of a finer format is one of a coarser one. *)
Lemma rounds_coarser (u e u' e' z Z : R) : u <= u' -> e <= e' -> rounds u e z Z -> rounds u' e' z Z.
Proof. intros U E (d & h & D & H & P & Q). exists d, h. repeat split; [lra | lra | exact P | exact Q]. Qed.

Lemma rounds_error (u e z Z : R) : rounds u e z Z -> Rabs (Z - z) <= u * Rabs z + e.
Proof.
  intros (d & h & D & H & _ & E). rewrite E. replace (z * (1 + d) + h - z) with (d * z + h) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_mult.
  apply Rplus_le_compat; [|exact H]. apply Rmult_le_compat_r; [apply Rabs_pos | exact D].
Qed.

(* Higham's lemma: a product of n factors 1 + d, or 1 / (1 + d), differs from 1 by at most n u / (1 - n u). *)
Inductive factor (u : R) : nat -> R -> Prop :=
  | no_rounding : factor u 0 1
  | times n f d : factor u n f -> Rabs d <= u -> factor u (S n) (f * (1 + d))
  | over n f d : factor u n f -> Rabs d <= u -> factor u (S n) (f / (1 + d)).

Definition gamma (n : nat) (u : R) := INR n * u / (1 - INR n * u).

Theorem factor_bound (u : R) (n : nat) (f : R) :
  0 <= u -> INR n * u < 1 -> factor u n f -> Rabs (f - 1) <= gamma n u.
Proof.
  intros U L F. unfold gamma. induction F as [|n f d F IH D|n f d F IH D].
  - simpl. rewrite Rminus_diag_eq by reflexivity. rewrite Rabs_R0. lra.
  - rewrite S_INR in *. specialize (IH ltac:(nra)). pose proof (pos_INR n) as N. set (k := INR n) in *.
    replace (f * (1 + d) - 1) with ((f - 1) * (1 + d) + d) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_mult.
    assert (Rabs (1 + d) <= 1 + u).
    { eapply Rle_trans; [apply Rabs_triang|]. rewrite (Rabs_pos_eq 1) by lra. lra. }
    apply Rle_trans with (k * u / (1 - k * u) * (1 + u) + u).
    { apply Rplus_le_compat; [|exact D]. apply Rmult_le_compat; try apply Rabs_pos; assumption. }
    replace (k * u / (1 - k * u) * (1 + u) + u) with ((k + 1) * u / (1 - k * u)) by (field; nra).
    apply Rmult_le_compat_l; [nra|]. apply Rinv_le_contravar; nra.
  - rewrite S_INR in *. specialize (IH ltac:(nra)). pose proof (pos_INR n) as N. set (k := INR n) in *.
    assert (U1 : u < 1) by nra. apply Rabs_le_inv in D.
    assert (D1 : 1 - u <= 1 + d) by lra.
    replace (f / (1 + d) - 1) with ((f - 1 - d) * / (1 + d)) by (field; lra).
    rewrite Rabs_mult, (Rabs_pos_eq (/ (1 + d))) by (left; apply Rinv_0_lt_compat; lra).
    apply Rle_trans with ((k * u / (1 - k * u) + u) * / (1 - u)).
    { apply Rmult_le_compat; [apply Rabs_pos | left; apply Rinv_0_lt_compat; lra | |
        apply Rinv_le_contravar; lra].
      replace (f - 1 - d) with (f - 1 + - d) by ring. eapply Rle_trans; [apply Rabs_triang|].
      rewrite Rabs_Ropp. apply Rplus_le_compat; [exact IH | apply Rabs_le; lra]. }
    replace ((k * u / (1 - k * u) + u) * / (1 - u)) with ((k * u + u - k * u * u) / ((1 - k * u) * (1 - u)))
      by (field; nra).
    apply Rmult_le_compat; [nra | left; apply Rinv_0_lt_compat; nra | nra | apply Rinv_le_contravar; nra].
Qed.
