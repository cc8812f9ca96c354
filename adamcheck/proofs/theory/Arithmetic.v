(* The arithmetic of the radii themselves, in float64.

   A radius is made of magnitudes and radii by sums, products, quotients and roots of numbers that are not
   negative, so that its rounding errors are relative ones. `UP` in allowances.py covers fewer than 2^7 of them,
   and `DOWN` does the same for a lower end. *)

Require Import Reals Lra Lia Psatz.
From Flocq Require Import Raux.
From Adamcheck Require Import Rounding.
Open Scope R_scope.

Definition operations : nat := 127.
Definition float64_unit := 1 / 9007199254740992. (* 2^-53 *)
Definition up := 1 + 1 / 35184372088832. (* 2^-45 *)
Definition down := 1 - 1 / 35184372088832.

Lemma together (f : R) : factor float64_unit operations f -> Rabs (f - 1) <= 1 / 70368744177664.
Proof.
  assert (N : INR operations = 127) by (unfold operations; rewrite INR_IZR_INZ; reflexivity).
  intros F. eapply Rle_trans; [apply factor_bound; [| |exact F]|]; unfold gamma; rewrite ?N; unfold float64_unit;
    lra.
Qed.

(* The sum of two computed numbers has the roundings of the worse one, and its own. *)
Theorem computed_sum (n : nat) (x y f g : R) :
  factor float64_unit n f -> factor float64_unit n g -> 0 <= x -> 0 <= y -> INR n * float64_unit < 1 ->
  Rabs ((x * f + y * g) - (x + y)) <= gamma n float64_unit * (x + y).
Proof.
  intros F G X Y L. assert (U : 0 <= float64_unit) by (unfold float64_unit; lra).
  pose proof (factor_bound _ _ _ U L F). pose proof (factor_bound _ _ _ U L G).
  replace (x * f + y * g - (x + y)) with ((f - 1) * x + (g - 1) * y) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult, (Rabs_pos_eq x), (Rabs_pos_eq y) by assumption.
  assert (Rabs (f - 1) * x <= gamma n float64_unit * x) by (apply Rmult_le_compat_r; assumption).
  assert (Rabs (g - 1) * y <= gamma n float64_unit * y) by (apply Rmult_le_compat_r; assumption). lra.
Qed.

(* A computed radius r * f, multiplied by `up` in float64, is not below r. *)
Theorem radius_is_rounded_up (r f d : R) :
  0 <= r -> factor float64_unit operations f -> Rabs d <= float64_unit -> r <= r * f * up * (1 + d).
Proof.
  intros P F D. pose proof (together f F) as T. unfold up, float64_unit in *. 
  apply Rabs_le_inv in T, D. set (c := 1 + 1 / 35184372088832) in *.
  assert (A : (1 - 1 / 70368744177664) * c <= f * c) by (apply Rmult_le_compat_r; unfold c; lra).
  assert (B : (1 - 1 / 70368744177664) * c * (1 - 1 / 9007199254740992) <= f * c * (1 + d)).
  { apply Rmult_le_compat; unfold c in *; lra. }
  assert (C : 1 <= (1 - 1 / 70368744177664) * c * (1 - 1 / 9007199254740992)) by (unfold c; lra).
  replace (r * f * c * (1 + d)) with (r * (f * c * (1 + d))) by ring.
  rewrite <- (Rmult_1_r r) at 1. apply Rmult_le_compat_l; lra.
Qed.

Theorem lower_end_is_rounded_down (x f d : R) :
  0 <= x -> factor float64_unit operations f -> Rabs d <= float64_unit -> x * f * down * (1 + d) <= x.
Proof.
  intros P F D. pose proof (together f F) as T. unfold down, float64_unit in *. 
  apply Rabs_le_inv in T, D. set (c := 1 - 1 / 35184372088832) in *.
  assert (A : f * c <= (1 + 1 / 70368744177664) * c) by (apply Rmult_le_compat_r; unfold c; lra).
  assert (B : f * c * (1 + d) <= (1 + 1 / 70368744177664) * c * (1 + 1 / 9007199254740992)).
  { apply Rmult_le_compat; unfold c in *; try lra. }
  assert (C : (1 + 1 / 70368744177664) * c * (1 + 1 / 9007199254740992) <= 1) by (unfold c; lra).
  replace (x * f * c * (1 + d)) with (x * (f * c * (1 + d))) by ring.
  rewrite <- (Rmult_1_r x) at 2. apply Rmult_le_compat_l; lra.
Qed.
