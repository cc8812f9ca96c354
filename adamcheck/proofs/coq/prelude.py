"""The prelude of every exported file: lemmas and tactics in Coq, all of them checked by Coq itself.

Nothing here is trusted. A wrong tactic proves nothing, and the kernel checks the term that a tactic
builds when the proof is closed.
"""

PRELUDE = """\
Require Import Reals Lra Psatz Lia.
Open Scope R_scope.

Lemma pow_decay (b : R) (t : nat) : 0 <= b < 1 -> (1 <= t)%nat -> 0 <= b ^ t <= b.
Proof.
  intros B T. destruct t as [|t]; [lia|]. simpl.
  assert (P : 0 <= b ^ t <= 1) by (clear T; induction t as [|t H]; simpl; [lra | nra]).
  split; nra.
Qed.

Lemma root_is (x k : R) : 0 <= k -> k * k = x -> sqrt x = k.
Proof. intros K E. rewrite <- E. apply sqrt_square. assumption. Qed.

Lemma root_multiple (x y k : R) : 0 <= k -> 0 <= y -> k * k * y = x -> sqrt x = k * sqrt y.
Proof.
  intros K Y E. rewrite <- E, sqrt_mult by nra. rewrite sqrt_square by assumption. reflexivity.
Qed.

Lemma square_of_abs (x : R) : Rabs x * Rabs x = x * x.
Proof. rewrite <- Rabs_mult. apply Rabs_pos_eq. apply Rle_0_sqr. Qed.

Lemma abs_quotient (x y : R) : y <> 0 -> Rabs (x / y) = Rabs x / Rabs y.
Proof. intros N. unfold Rdiv. rewrite Rabs_mult, Rabs_inv. reflexivity. Qed.

Lemma root_below (x k : R) : 0 < k -> 0 < k * k - x -> sqrt x < k.
Proof.
  intros K H. destruct (Rle_or_lt x 0).
  - rewrite sqrt_neg_0; assumption.
  - rewrite <- (sqrt_square k) by lra. apply sqrt_lt_1_alt. lra.
Qed.

Lemma root_above (x k : R) : 0 < k -> 0 < x - k * k -> k < sqrt x.
Proof. intros K H. rewrite <- (sqrt_square k) at 1 by lra. apply sqrt_lt_1_alt. nra. Qed.

Lemma positive_as (a d : R) : a = d -> 0 < d -> 0 < a.
Proof. lra. Qed.

Lemma slack (a b d : R) : a <= b -> b - a = d -> 0 <= d.
Proof. lra. Qed.

Lemma strict_slack (a b d : R) : a < b -> b - a = d -> 0 < d.
Proof. lra. Qed.

Lemma quotient_below_one (a b : R) : 0 <= a -> 0 < b - a -> 0 <= a / b < 1.
Proof.
  intros A B. assert (0 < / b) by (apply Rinv_0_lt_compat; lra).
  split; [unfold Rdiv; nra|]. apply (Rmult_lt_reg_r b); [lra|]. unfold Rdiv.
  rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

Lemma below (a b d : R) : b - a = d -> 0 < d -> a < b.
Proof. lra. Qed.

Lemma at_most (a b d : R) : b - a = d -> 0 <= d -> a <= b.
Proof. lra. Qed.

Lemma different (a b d : R) : b - a = d -> d <> 0 -> a <> b.
Proof. intros H N E. apply N. lra. Qed.

(* The sign of a term from the signs of its parts. *)
Ltac sign :=
  match goal with
  | |- _ => assumption
  | |- _ => lra
  | |- 0 <= sqrt _ => apply sqrt_pos
  | |- 0 <= Rabs _ => apply Rabs_pos
  | |- 0 < sqrt _ => apply sqrt_lt_R0; sign
  | |- 0 < Rabs _ => apply Rabs_pos_lt; nonzero
  | |- 0 <= ?a * ?a => apply Rle_0_sqr
  | |- 0 < ?a * ?a => apply (Rlt_0_sqr a); nonzero
  | |- 0 < ?a * ?b => apply Rmult_lt_0_compat; sign
  | |- 0 <= ?a * ?b => apply Rmult_le_pos; sign
  | |- 0 < ?a / ?b => apply Rdiv_lt_0_compat; sign
  | |- 0 <= ?a / ?b => unfold Rdiv; apply Rle_mult_inv_pos; sign
  | |- 0 < / ?a => apply Rinv_0_lt_compat; sign
  | |- 0 <= / ?a => apply Rlt_le; apply Rinv_0_lt_compat; sign
  | |- 0 < ?a ^ ?n => apply pow_lt; sign
  | |- 0 <= ?a ^ ?n => apply pow_le; sign
  | |- 0 <= ?a ^ 2 => apply pow2_ge_0
  | |- 0 < ?a + ?b => apply Rplus_lt_le_0_compat; sign
  | |- 0 < ?a + ?b => apply Rplus_le_lt_0_compat; sign
  | |- 0 <= ?a + ?b => apply Rplus_le_le_0_compat; sign
  | |- _ => nra
  end
with nonzero :=
  match goal with
  | |- _ => assumption
  | |- ?a * ?b <> 0 => apply Rmult_integral_contrapositive_currified; nonzero
  | |- ?a / ?b <> 0 => unfold Rdiv; apply Rmult_integral_contrapositive_currified; nonzero
  | |- / ?a <> 0 => apply Rinv_neq_0_compat; nonzero
  | |- - ?a <> 0 => apply Ropp_neq_0_compat; nonzero
  | |- ?a ^ ?n <> 0 => apply pow_nonzero; nonzero
  | |- _ => apply Rgt_not_eq; unfold Rgt; sign
  | |- _ => apply Rlt_not_eq; nra
  | |- _ => nra
  end.

Ltac side := repeat match goal with |- _ /\\ _ => split end; try nonzero.

(* Known of every power to an unknown t, of every absolute value and of every root. *)
Ltac power b t :=
  lazymatch goal with
  | _ : 0 <= b ^ t <= b |- _ => fail
  | _ => assert (0 <= b < 1) by first [lra | apply quotient_below_one; sign];
         assert (0 <= b ^ t <= b) by (apply pow_decay; [assumption | lia])
  end.

Ltac powers :=
  repeat rewrite pow_i in * by lia;
  repeat match goal with
  | _ : context [?b ^ ?t] |- _ => power b t
  | |- context [?b ^ ?t] => power b t
  | |- context [?b ^ (?t + _)] => power b t
  end;
  repeat rewrite pow_add in *; rewrite ?pow_1 in *.

Ltac absolutes :=
  repeat match goal with
  | |- context [Rabs (Rabs _)] => rewrite Rabs_Rabsolu
  | |- context [Rabs (- _)] => rewrite Rabs_Ropp
  | |- context [Rabs ?x] => rewrite (Rabs_pos_eq x) by sign
  | |- context [Rabs (_ * _)] => rewrite Rabs_mult
  | |- context [Rabs (_ / _)] => rewrite abs_quotient by nonzero
  | |- context [Rabs ?x] => rewrite (Rabs_left1 x) by (apply Ropp_le_cancel; rewrite Ropp_0; sign)
  end.

Ltac roots :=
  repeat match goal with
  | |- context [Rabs ?x] => lazymatch goal with _ : 0 <= Rabs x |- _ => fail | _ =>
      pose proof (Rabs_pos x); pose proof (square_of_abs x) end
  | |- context [sqrt ?x] => lazymatch goal with _ : 0 <= sqrt x |- _ => fail | _ =>
      pose proof (sqrt_pos x); try (assert (sqrt x * sqrt x = x) by (apply sqrt_sqrt; sign)) end
  end.

Ltac relation := unfold Rgt in *; try apply Rle_ge.

Ltac cases :=
  unfold Rmax, Rabs in *;
  repeat match goal with
  | |- context [Rcase_abs ?x] => destruct (Rcase_abs x)
  | |- context [Rle_dec ?x ?y] => destruct (Rle_dec x y)
  | _ : context [Rcase_abs ?x] |- _ => destruct (Rcase_abs x)
  | _ : context [Rle_dec ?x ?y] |- _ => destruct (Rle_dec x y)
  end.

(* What an assumption says, where it may be written with the larger side first. *)
Ltac ordered := first [assumption | apply Rge_le; assumption].

Ltac start := intros; relation; powers.

Ltac equal :=
  first
  [ reflexivity
  | solve [field; side]
  | solve [field_simplify_eq; [rewrite ?pow2_sqrt by sign; field; side | side ..]]
  | solve [field_simplify_eq; [nra | side ..]] ].

Ltac decide_it := first [solve [equal] | solve [sign] | solve [nra]].
"""
